using System.Collections.Concurrent;
using System.Diagnostics;
using Lab.Harness.Archive;
using Lab.Harness.Systems.Marketplace;
using Lab.LocalHost;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>Servers are killed and databases stopped in the middle of the work: nothing acknowledged is lost or done twice.</summary>
[Collection(BreakableLabTests.Name)]
public sealed class CrashTests(BreakableLab lab)
{
    private const int Clients = 20;

    private static readonly MarketplaceClientOptions Patient = new() { RetryFor = TimeSpan.FromSeconds(60) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines.Offered), MemberType = typeof(Engines))]
    public async Task Killing_a_seller_server_loses_nothing_acknowledged(string engine)
    {
        await lab.SetFactorsAsync(MarketplaceTopology.SellerServer, ("engine", engine));
        await RegisterWhileAsync(async () =>
        {
            for (var kill = 0; kill < 3; kill++)
            {
                await Task.Delay(700, Token);
                await KillAndWaitForRestartAsync(MarketplaceTopology.SellerServer);
            }
        });
    }

    [Fact]
    public async Task Stopping_the_database_for_five_seconds_loses_nothing_acknowledged()
    {
        await using var observer = await lab.NewSellerAsync(options: new MarketplaceClientOptions { RetryFor = TimeSpan.Zero });
        await RegisterWhileAsync(async () =>
        {
            await Task.Delay(500, Token);
            var stopped = Stopwatch.GetTimestamp();
            await lab.Lab.StopAsync(MarketplaceTopology.Database);
            string? code = null;
            while (Stopwatch.GetElapsedTime(stopped) < TimeSpan.FromSeconds(5))
            {
                code = (await Assert.ThrowsAsync<MarketplaceException>(() => observer.RegisterItemAsync(StoryTests.Salt(), Token))).Code;
                Assert.Contains(code, new[] { ErrorCodes.Unavailable, ErrorCodes.OutcomeUnknown });
                await Task.Delay(100, Token);
            }

            Assert.Equal(ErrorCodes.Unavailable, code);
            await lab.Lab.RestartAsync(MarketplaceTopology.Database, Token);
        });
        await observer.DisplayItemsAsync(Token);
    }

    [Fact]
    public async Task Killing_the_database_loses_nothing_acknowledged()
    {
        await RegisterWhileAsync(async () =>
        {
            await Task.Delay(500, Token);
            await KillAndWaitForRestartAsync(MarketplaceTopology.Database);
        });
    }

    [Fact]
    public async Task Killing_redis_loses_sessions_only_and_whoever_logs_in_again_works_on()
    {
        await using var seller = await lab.NewSellerAsync(options: Patient);
        await seller.RegisterItemAsync(StoryTests.Salt(), Token);
        await KillAndWaitForRestartAsync(MarketplaceTopology.Cache);
        await using var later = await lab.NewSellerAsync(options: Patient);
        await later.RegisterItemAsync(StoryTests.Salt(), Token);
        Assert.Single(await later.DisplayItemsAsync(Token));
    }

    [Fact]
    public async Task Without_redis_nobody_is_let_in_and_with_it_work_goes_on()
    {
        await using var seller = await lab.NewSellerAsync(options: new MarketplaceClientOptions { RetryFor = TimeSpan.Zero });
        await lab.Lab.StopAsync(MarketplaceTopology.Cache);
        await StoryTests.RefusedAsync(ErrorCodes.Unavailable, () => seller.RegisterItemAsync(StoryTests.Salt(), Token));
        await lab.Lab.RestartAsync(MarketplaceTopology.Cache, Token);
        await using var later = await lab.NewSellerAsync(options: Patient);
        await later.RegisterItemAsync(StoryTests.Salt(), Token);
    }

    [Fact]
    public async Task Killing_a_buyer_server_charges_nobody_twice_and_sells_nothing_twice()
    {
        const int Purchases = 15;
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(1_000_000), Token);
        var buyers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => lab.NewBuyerAsync(options: Patient)));
        var shopping = buyers.Select(async buyer =>
        {
            for (var purchase = 0; purchase < Purchases; purchase++)
            {
                await FillCartAsync(buyer, id);
                var receipt = await buyer.MakePurchaseAsync(StoryTests.GoodCard, Token);
                Assert.Equal(2.50m * 2, receipt.Amount);
            }
        }).ToList();
        var finished = Task.WhenAll(shopping);
        while (!finished.IsCompleted)
        {
            await Task.Delay(400, Token);
            await KillAndWaitForRestartAsync(MarketplaceTopology.BuyerServer);
        }

        await finished;
        var verdict = new MarketplaceInvariants(lab.DatabaseConnection).CheckBooks();
        Assert.True(verdict.Verdict == Verdict.True, verdict.Reason);
        Assert.Equal(buyers.Length * Purchases * 2, lab.Sql<long>($"SELECT sold FROM lab_product.item WHERE serial = {id.Serial}"));
        Assert.Equal(buyers.Length * Purchases, lab.Sql<long>("SELECT COUNT(*) FROM lab_customer.payment WHERE outcome = 'approved'"));
        foreach (var buyer in buyers)
        {
            await buyer.DisposeAsync();
        }
    }

    /// <summary>Adding to a cart is not repeatable: after a crash the buyer looks before he adds again.</summary>
    private static async Task FillCartAsync(BuyerClient buyer, ItemId id)
    {
        while (true)
        {
            var inCart = (await buyer.DisplayCartAsync(Token)).Sum(line => line.Quantity);
            if (inCart == 2)
            {
                return;
            }

            try
            {
                await buyer.AddItemToCartAsync(id, 2 - inCart, Token);
            }
            catch (IOException)
            {
                // The server was killed meanwhile: done or not, the cart will tell.
            }
        }
    }

    /// <summary>Clients register items, retrying until they are told, while something bad happens; then the books are read.</summary>
    private async Task RegisterWhileAsync(Func<Task> disaster)
    {
        var sellers = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => lab.NewSellerAsync(options: Patient)));
        var acknowledged = new ConcurrentBag<ItemId>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var registering = sellers.Select(seller => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                acknowledged.Add(await seller.RegisterItemAsync(StoryTests.Salt(), Token));
            }
        })).ToList();
        await disaster();
        var before = acknowledged.Count;
        while (acknowledged.Count < before + Clients)
        {
            await Task.Delay(50, Token);
        }

        await stop.CancelAsync();
        await Task.WhenAll(registering);
        var shown = new List<ItemId>();
        foreach (var seller in sellers)
        {
            shown.AddRange((await seller.DisplayItemsAsync(Token)).Select(item => item.Id));
            await seller.DisposeAsync();
        }

        // Every registration was retried until it was acknowledged, so the database holds these items, each once, and no other.
        Assert.Equal(acknowledged.Select(item => item.Serial).Order(), shown.Select(item => item.Serial).Order());
    }

    /// <summary>kill -9; the lab reports the crash and restarts it.</summary>
    private async Task KillAndWaitForRestartAsync(string server)
    {
        var (crashes, restarts) = (Count(ResourceState.Crashed), Count(ResourceState.Healthy));
        await lab.Lab.KillAsync(server, Token);
        for (var attempt = 0; attempt < 1200 && Count(ResourceState.Healthy) == restarts; attempt++)
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal((crashes + 1, restarts + 1), (Count(ResourceState.Crashed), Count(ResourceState.Healthy)));

        int Count(ResourceState state) => lab.Events.Count(change => change.Resource == server && change.State == state);
    }
}
