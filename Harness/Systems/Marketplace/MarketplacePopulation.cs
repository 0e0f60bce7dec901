using System.Globalization;
using System.Net;
using Dapper;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Running;
using Lab.Harness.Verdicts;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;
using Lab.Topology;
using Lab.Topology.Systems;
using Lab.Transport;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>
/// Sellers and buyers with their sessions and connections. Every seller client has two accounts on one connection: a
/// shop whose items stay as they are, and one that registers lots, so that no operation changes what another one reads.
/// </summary>
internal sealed class MarketplacePopulation : IPopulation
{
    private const string Password = "a password of the lab";
    private static readonly TimeSpan SessionRefresh = TimeSpan.FromSeconds(60);

    /// <summary>The first failure of an operation is counted; setting up is more patient.</summary>
    private static readonly MarketplaceClientOptions UnderLoad = new() { RetryFor = TimeSpan.Zero, ContinueOnReceiver = true };

    private readonly LabControl _lab;
    private readonly PopulationSize _size;
    private readonly long _seed;
    private readonly string _tracing;
    private readonly string _tag = Guid.NewGuid().ToString("N")[..12];
    private readonly Dictionary<Cell, IReadOnlyList<LoadClient>> _clients = [];
    private long _sessionsUsedMs = Environment.TickCount64;
    private string _route = "";

    public MarketplacePopulation(LabControl lab, PopulationSize size, long seed, string tracing) =>
        (_lab, _size, _seed, _tracing) = (lab, size, seed, tracing);

    public IReadOnlyList<SellerAccount> Sellers { get; private set; } = [];

    public IReadOnlyList<BuyerAccount> Buyers { get; private set; } = [];

    /// <summary>All items that reads may ask for.</summary>
    public IReadOnlyList<NewItem> Goods { get; private set; } = [];

    /// <summary>Accounts, sessions, items, ratings: through the servers where they offer it.</summary>
    public async Task FillAsync(CancellationToken cancellationToken)
    {
        // Thousands of accounts and items would bury the traces that somebody looks for.
        var untraced = new Dictionary<string, string>(StringComparer.Ordinal) { [CommonFactors.Tracing] = CommonFactors.TracingModes[0] };
        await _lab.SetFactorsAsync(MarketplaceTopology.SellerServer, untraced, cancellationToken);
        await _lab.SetFactorsAsync(MarketplaceTopology.BuyerServer, untraced, cancellationToken);
        var (sellerServer, buyerServer) = (Server(MarketplaceTopology.SellerServer, CommonFactors.Local), Server(MarketplaceTopology.BuyerServer, CommonFactors.Local));
        Sellers = await Task.WhenAll(Enumerable.Range(0, _size.Sellers)
            .Select(index => SellerAccount.CreateAsync(new SellerClient(sellerServer), $"{_tag}-s{index}", Password, cancellationToken)));
        Buyers = await Task.WhenAll(Enumerable.Range(0, _size.Buyers)
            .Select(index => BuyerAccount.CreateAsync(new BuyerClient(buyerServer), $"{_tag}-b{index}", Password, cancellationToken)));
        await FillShopsAsync(cancellationToken);
        await Task.Run(GiveRatings, cancellationToken);
    }

    public async Task ApplyAsync(Cell cell, CancellationToken cancellationToken)
    {
        var deployment = cell.Deployment;
        await _lab.DeployAsync(deployment, cancellationToken);
        var engine = cell.Word(CommonFactors.Engine, "async");
        var factors = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [CommonFactors.Engine] = engine,
            [CommonFactors.Cache] = cell.Word(CommonFactors.Cache, CommonFactors.Off),
            [CommonFactors.Tracing] = cell.Word(CommonFactors.Tracing, _tracing),
            ["database_route"] = _lab.UsesLinks(deployment, LinkSpec.ServerDatabase) ? "link" : "direct",
        };
        var isOther = await _lab.SetFactorsAsync(MarketplaceTopology.SellerServer, factors, cancellationToken);
        isOther |= await _lab.SetFactorsAsync(MarketplaceTopology.BuyerServer, factors, cancellationToken);

        // Another engine, or another process, has closed the connections; another deployment leads elsewhere.
        var route = $"{deployment}/{engine}";
        if (isOther || _route != route)
        {
            await ConnectAsync(deployment, cancellationToken);
            _route = route;
        }

        if (Environment.TickCount64 - _sessionsUsedMs > SessionRefresh.TotalMilliseconds)
        {
            await RefreshSessionsAsync(cancellationToken);
        }

        _sessionsUsedMs = Environment.TickCount64;
    }

    public ILoad Load(Cell cell)
    {
        if (!_clients.TryGetValue(cell, out var clients))
        {
            var count = MarketplaceScenario.IsForSellers(cell) ? _size.Sellers : _size.Buyers;
            clients = _clients[cell] = [.. Enumerable.Range(0, count).Select(index => NewClient(cell, index))];
        }

        return new ClosedLoop(clients);
    }

    public async Task<IReadOnlyList<SlowRequest>> ExplainAsync(
        Cell cell, IReadOnlyList<SlowOperation> slowest, CancellationToken cancellationToken) => cell.Word(CommonFactors.Tracing, _tracing) == "tail"
        ? await SlowRequests.ExplainAsync(
            _lab,
            MarketplaceScenario.IsForSellers(cell) ? MarketplaceTopology.SellerServer : MarketplaceTopology.BuyerServer,
            cell.Operation,
            slowest,
            cancellationToken)
        : [];

    public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(
        IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
    {
        var invariants = new MarketplaceInvariants(_lab.Endpoints.Databases[MarketplaceTopology.Database]);
        var books = await Task.Run(invariants.CheckBooks, cancellationToken);
        var sessions = await CheckSessionsAsync(cancellationToken);
        var registrations = await Task.Run(() => invariants.CheckRegistrations(Ledger()), cancellationToken);
        return cells.ToDictionary(cell => cell, cell => VerdictResult.All(
            cell.Operation == MarketplaceModule.Register ? [registrations, books, sessions] : [books, sessions]));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var account in Sellers.Select(seller => (MarketplaceClient)seller.Client).Concat(Buyers.Select(buyer => buyer.Client)))
        {
            await account.DisposeAsync();
        }
    }

    private LoadClient NewClient(Cell cell, int index)
    {
        var random = WorkloadSeed.For(_seed, cell.Operation, index);
        return cell.Operation switch
        {
            MarketplaceModule.Rating => new RatingReader(this, index, random),
            MarketplaceModule.Search => new ItemSearcher(this, index, random),
            MarketplaceModule.Display => new ItemDisplayer(this, index, _size.ItemsPerSeller),
            MarketplaceModule.Register => new ItemRegistrar(this, index, random),
            _ => throw new NotSupportedException($"the marketplace's load has no operation '{cell.Operation}'"),
        };
    }

    private DnsEndPoint Server(string name, string deployment)
    {
        var link = name == MarketplaceTopology.SellerServer ? MarketplaceTopology.SellerLink : MarketplaceTopology.BuyerLink;
        return Addresses.Parse(_lab.UsesLinks(deployment, LinkSpec.ClientServer)
            ? _lab.Endpoints.Links[link]
            : _lab.Endpoints.Services[name].Endpoints[MarketplaceTopology.ClientEndpoint]);
    }

    /// <summary>Several requests of each connection are under way at once: 70,000 items take seconds.</summary>
    private async Task FillShopsAsync(CancellationToken cancellationToken)
    {
        const int UnderWay = 16;
        var goods = new MarketplaceGoods(_seed, _size.Sellers * _size.ItemsPerSeller);
        var items = Sellers.SelectMany(seller => Enumerable.Range(0, _size.ItemsPerSeller).Select(_ => (seller, item: goods.NextForShop()))).ToList();
        await Task.WhenAll(items.GroupBy(item => item.seller).Select(shop => Parallel.ForEachAsync(
            shop,
            new ParallelOptions { MaxDegreeOfParallelism = UnderWay, CancellationToken = cancellationToken },
            async (offer, token) =>
            {
                shop.Key.Client.Session = shop.Key.ShopSession;
                await shop.Key.Client.RegisterItemAsync(offer.item, token);
            })));
        Goods = items.ConvertAll(offer => offer.item);
    }

    /// <summary>
    /// Ratings that differ, so that a wrong answer is noticed. Set in the database: earning them would take a purchase
    /// and a buyer for every thumb.
    /// </summary>
    private void GiveRatings()
    {
        using var connection = MySqlDriver.Open(_lab.Endpoints.Databases[MarketplaceTopology.Database]);
        foreach (var shops in Sellers.Chunk(1000))
        {
            connection.Execute(string.Create(
                CultureInfo.InvariantCulture,
                $"UPDATE {MarketplaceSchema.Customer}.seller SET thumbs_up = id % {SellerAccount.UpModulus}, thumbs_down = id % {SellerAccount.DownModulus} WHERE id IN ({string.Join(',', shops.Select(seller => seller.ShopId))})"));
        }
    }

    private async Task ConnectAsync(string deployment, CancellationToken cancellationToken)
    {
        var (sellerServer, buyerServer) = (Server(MarketplaceTopology.SellerServer, deployment), Server(MarketplaceTopology.BuyerServer, deployment));
        await Task.WhenAll(Sellers.Select(seller => seller.ReplaceAsync(new SellerClient(sellerServer, UnderLoad), cancellationToken)));
        await Task.WhenAll(Buyers.Select(buyer => buyer.ReplaceAsync(new BuyerClient(buyerServer, UnderLoad), cancellationToken)));
    }

    private Task RefreshSessionsAsync(CancellationToken cancellationToken) => Task.WhenAll(
        Sellers.Select(seller => seller.RefreshAsync(Password, cancellationToken))
            .Concat(Buyers.Select(buyer => buyer.RefreshAsync(Sellers[0].ShopId, Password, cancellationToken))));

    private RegistrationLedger Ledger() => new(
        Sellers.Select(seller => seller.LotsId).ToHashSet(),
        [.. _clients.Values.SelectMany(clients => clients).OfType<ItemRegistrar>().SelectMany(registrar => registrar.Acknowledged)],
        _clients.Values.SelectMany(clients => clients).OfType<ItemRegistrar>().Sum(registrar => registrar.InDoubt));

    /// <summary>After logout a session must not work any more. The population is not used again after this.</summary>
    private async Task<VerdictResult> CheckSessionsAsync(CancellationToken cancellationToken)
    {
        await _lab.DeployAsync(CommonFactors.Local, cancellationToken);
        await ConnectAsync(CommonFactors.Local, cancellationToken);
        return await SessionInvariant.CheckAsync(Sellers[0], Buyers[0], cancellationToken);
    }
}
