using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>Clients that ask for long lists and never read them, against a server with a seller of thousands of items.</summary>
[Collection(SharedLabTests.Name)]
public sealed class DeafClientTests(SharedLab lab)
{
    private const int Items = 6000;
    private const int Requests = 32;
    private const double MostMiB = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly SemaphoreSlim Registering = new(1);
    private static SellerClient? _owner;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var engine in Lab.Transport.Engines.ConnectionEngines.Offered)
            {
                cases.Add(engine, 40);
                cases.Add(engine, 100);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task They_cost_bounded_memory_and_another_client_is_served_meanwhile(string engine, int clients)
    {
        await lab.SetFactorsAsync(SharedLab.Replica, ("engine", engine));
        var session = await SessionOfLongListAsync();
        await using var other = await lab.NewSellerAsync(SharedLab.Replica);
        var pid = lab.Lab.ProcessIds()[SharedLab.Replica];
        var idleMiB = ResidentMemory.OfMiB(pid);
        var deaf = new List<RawConnection>();
        try
        {
            for (var client = 0; client < clients; client++)
            {
                deaf.Add(await RawConnection.OpenAsync(lab.Server(SharedLab.Replica)));
                for (var id = 1; id <= Requests; id++)
                {
                    await deaf[^1].SendTextAsync($$"""{"id":{{id}},"op":"display_items_for_sale","session":"{{session}}"}""");
                }
            }

            for (var sample = 0; sample < 50; sample++)
            {
                await other.GetSellerRatingAsync(null, Token).WaitAsync(Patience, Token);
                Assert.InRange(ResidentMemory.OfMiB(pid) - idleMiB, double.MinValue, MostMiB);
                await Task.Delay(100, Token);
            }

            // A long list of its own it gets, too.
            Assert.Equal(Items, (await _owner!.DisplayItemsAsync(Token).WaitAsync(Patience, Token)).Count);
        }
        finally
        {
            deaf.ForEach(connection => connection.Dispose());
        }
    }

    private async Task<string> SessionOfLongListAsync()
    {
        await Registering.WaitAsync(Token);
        try
        {
            if (_owner is null)
            {
                var owner = await lab.NewSellerAsync(SharedLab.Replica);
                await Parallel.ForAsync(0, Items, new ParallelOptions { MaxDegreeOfParallelism = Requests, CancellationToken = Token }, async (number, token) =>
                    await owner.RegisterItemAsync(new NewItem($"item {number} of a very long list", 31, ["salt", "sea"], Condition.New, 1.25m, 5), token));
                _owner = owner;
            }

            return _owner.Session!;
        }
        finally
        {
            Registering.Release();
        }
    }
}
