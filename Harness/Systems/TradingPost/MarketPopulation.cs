using System.Globalization;
using System.Net;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Harness.Verdicts;
using Lab.Topology.Systems;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;
using Lab.Transport;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>A market and its buyers; the more buyers a cell wants, the more there are, and cells with fewer take the first of them.</summary>
internal sealed class MarketPopulation(LabControl lab, MarketControl market, MarketSettings settings, long seed, TradingPostOptions options) : IPopulation
{
    private readonly List<MarketBuyer> _buyers = [];
    private readonly Dictionary<Cell, ILoad> _loads = [];
    private IReadOnlyList<DnsEndPoint> _peers = [];
    private bool _isHere;

    /// <summary>Who trades while nobody is lost.</summary>
    public int Highest => settings.Peers - 1;

    public MarketControl Market => market;

    public TradingPostOptions Options => options;

    /// <summary>Opens the market and waits until somebody trades.</summary>
    /// <exception cref="LabControlException">It cannot be opened, or nobody trades in time.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var state = await market.OpenAsync(settings, cancellationToken);
        _peers = [.. state.Peers.Select(peer => Addresses.Parse(peer.Address))];
        _isHere = await lab.IsHereAsync(TradingPostTopology.Supervisor, cancellationToken);
        await SettleAsync(cancellationToken);
    }

    public Task ApplyAsync(Cell cell, CancellationToken cancellationToken) => lab.DeployAsync(cell.Deployment, cancellationToken);

    public ILoad Load(Cell cell)
    {
        if (!_loads.TryGetValue(cell, out var load))
        {
            var buyers = Buyers(cell.Number(TradingPostModule.Buyers));
            load = _loads[cell] = cell.Operation switch
            {
                TradingPostModule.Buy => new MarketLoad(this, buyers),
                TradingPostModule.ElectAfterKill => new ElectionLoad(this, buyers, isKilled: true),
                TradingPostModule.ElectAfterStop => new ElectionLoad(this, buyers, isKilled: false),
                TradingPostModule.BuyThroughChange => new ChangeLoad(this, buyers),
                _ => throw new NotSupportedException($"the trading post's load has no operation '{cell.Operation}'"),
            };
        }

        return load;
    }

    /// <summary>Starts peers that are dead or stopped, and waits until the highest one trades.</summary>
    /// <returns>The market then.</returns>
    /// <exception cref="LabControlException">It does not in time.</exception>
    public async Task<MarketState> SettleAsync(CancellationToken cancellationToken)
    {
        var state = await market.StateAsync(cancellationToken);
        foreach (var peer in state.Peers.Where(peer => peer.Process != PeerProcessState.Running))
        {
            state = await market.RestartAsync(peer.Id, cancellationToken);
        }

        var watch = new MarketWatch(market, state.LastEvent);
        for (var deadline = DateTime.UtcNow + options.StartPatience; state.Trader != Highest; state = await market.StateAsync(cancellationToken))
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new LabControlException(
                    $"peer {Highest} of the market did not become the trader within {options.StartPatience.TotalSeconds:0} s; {Describe(state)}");
            }

            await watch.MoreAsync(deadline - DateTime.UtcNow, cancellationToken);
        }

        return state;
    }

    /// <summary>Who trades now, or as soon as somebody does.</summary>
    /// <exception cref="LabControlException">Nobody does in time.</exception>
    public async Task<(MarketState Market, int Trader)> TraderAsync(CancellationToken cancellationToken)
    {
        for (var deadline = DateTime.UtcNow + options.StartPatience; DateTime.UtcNow < deadline;)
        {
            var state = await market.StateAsync(cancellationToken);
            if (state.Trader is { } trader)
            {
                return (state, trader);
            }

            await market.EventsAsync(state.LastEvent, deadline - DateTime.UtcNow, cancellationToken);
        }

        throw new LabControlException($"nobody traded within {options.StartPatience.TotalSeconds:0} s");
    }

    /// <summary>The peers' processes, by the name under which reports list them; none where their ids mean nothing here.</summary>
    public async Task<IReadOnlyDictionary<string, int>> ProcessIdsAsync(CancellationToken cancellationToken) => _isHere
        ? (await market.StateAsync(cancellationToken)).Peers.Where(peer => peer.Pid > 0).OrderByDescending(peer => peer.Id)
            .ToDictionary(peer => ProcessName(peer.Id), peer => peer.Pid, StringComparer.Ordinal)
        : new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Of many peers the one that trades, and all others.</summary>
    public string RoleOf(Cell cell, string process) =>
        process == ProcessName(Highest) ? "trader"
        : Enumerable.Range(0, settings.Peers).Select(ProcessName).Contains(process) ? "other peers"
        : process == ProcessRoles.Harness ? ProcessRoles.Load
        : ProcessRoles.Rest;

    public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
    {
        // Whoever still trades on its own goes on: what it was told before must then be in the accounts, so those are read last.
        var lines = await market.LedgersAsync(cancellationToken);
        lines.AddRange(_buyers.SelectMany(buyer => buyer.Client.Ledger.Select(line => new OwnLine(buyer.Client.Participant, line))));
        var invariants = new MarketInvariants();
        await market.ReadHistoryAsync(invariants.Add, cancellationToken);
        var verdict = invariants.Judge(lines);
        return cells.ToDictionary(cell => cell, _ => verdict);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var buyer in _buyers)
        {
            await buyer.DisposeAsync();
        }

        try
        {
            // Its peers would otherwise go on beside what is measured next.
            await market.CloseAsync(CancellationToken.None);
        }
        catch (LabControlException)
        {
            // The supervisor is gone, and its peers with it.
        }
    }

    private List<MarketBuyer> Buyers(int count)
    {
        while (_buyers.Count < count)
        {
            var index = _buyers.Count;
            _buyers.Add(new MarketBuyer(
                new TradingPostClient(MarketSettings.FirstClient + index, _peers, new TradingPostClientOptions { ContinueOnReceiver = true }),
                index,
                settings.Peers,
                WorkloadSeed.For(seed, TradingPostModule.Buy, index)));
        }

        return _buyers[..count];
    }

    /// <summary>How results call a peer's process.</summary>
    private static string ProcessName(int peer) => FormattableString.Invariant($"peer-{peer}");

    private static string Describe(MarketState state) =>
        $"trader {state.Trader?.ToString(CultureInfo.InvariantCulture) ?? "unknown"} in term {state.Term}, "
        + string.Join(", ", state.Peers.Select(peer => $"peer {peer.Id} {peer.Process.ToString().ToLowerInvariant()}"));
}
