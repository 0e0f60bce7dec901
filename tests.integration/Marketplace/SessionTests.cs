using System.Diagnostics;
using Lab.Marketplace.Client;
using Lab.Marketplace.Protocol;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>A session is not a connection: it lives in Redis, slides, and ends.</summary>
[Collection(SharedLabTests.Name)]
public class SessionTests(SharedLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_works_over_any_connection_and_any_replica()
    {
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(), Token);
        await seller.DisconnectAsync();
        await using var elsewhere = new SellerClient(lab.Server(SharedLab.Replica)) { Session = seller.Session };
        Assert.Equal(id, Assert.Single(await elsewhere.DisplayItemsAsync(Token)).Id);
        await seller.ChangeItemPriceAsync(id, 7m, Token);
        Assert.Equal(7m, Assert.Single(await elsewhere.DisplayItemsAsync(Token)).Price);
    }

    [Fact]
    public async Task After_logout_no_replica_accepts_the_session()
    {
        await using var seller = await lab.NewSellerAsync();
        var session = seller.Session;
        await seller.LogoutAsync(Token);
        foreach (var server in new[] { MarketplaceTopology.SellerServer, SharedLab.Replica })
        {
            await using var late = new SellerClient(lab.Server(server)) { Session = session };
            await StoryTests.RefusedAsync(ErrorCodes.SessionExpired, () => late.DisplayItemsAsync(Token));
            await StoryTests.RefusedAsync(ErrorCodes.SessionExpired, () => late.RegisterItemAsync(StoryTests.Salt(), Token));
            await StoryTests.RefusedAsync(ErrorCodes.SessionExpired, () => late.GetSellerRatingAsync(null, Token));
        }
    }

    /// <summary>Checks that come at once share a round trip: none of them may get another one's answer.</summary>
    [Fact]
    public async Task Of_many_checks_at_once_each_gets_the_answer_to_its_own_session()
    {
        const int Ended = 7;
        const int Rounds = 40;
        await using var ended = await lab.NewSellerAsync();
        var deadSession = ended.Session;
        await ended.LogoutAsync(Token);
        var clients = new List<SellerClient>();
        for (var index = 0; index < Ended * 2; index++)
        {
            clients.Add(index % 2 == 0
                ? await lab.NewSellerAsync()
                : new SellerClient(lab.Server(MarketplaceTopology.SellerServer)) { Session = deadSession });
        }

        await Task.WhenAll(clients.Select(async (client, index) =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                if (index % 2 == 0)
                {
                    Assert.Empty(await client.DisplayItemsAsync(Token));
                }
                else
                {
                    await StoryTests.RefusedAsync(ErrorCodes.SessionExpired, () => client.DisplayItemsAsync(Token));
                }
            }
        }));
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task Silence_ends_a_session_and_activity_does_not()
    {
        await using var active = await lab.NewBuyerAsync(SharedLab.ImpatientBuyer);
        await using var silent = await lab.NewBuyerAsync(SharedLab.ImpatientBuyer);
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < SharedLab.ShortSession * 2)
        {
            await active.DisplayCartAsync(Token);
            await Task.Delay(200, Token);
        }

        await StoryTests.RefusedAsync(ErrorCodes.SessionExpired, () => silent.DisplayCartAsync(Token));
        await active.DisplayCartAsync(Token);
    }

    [Fact]
    public async Task A_cart_ends_with_its_session_and_cannot_bring_it_back()
    {
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(), Token);
        await using var buyer = await lab.NewBuyerAsync();
        await buyer.AddItemToCartAsync(id, 1, Token);
        var session = buyer.Session;
        await buyer.LogoutAsync(Token);
        buyer.Session = session;
        await StoryTests.RefusedAsync(ErrorCodes.SessionExpired, () => buyer.AddItemToCartAsync(id, 1, Token));
        await StoryTests.RefusedAsync(ErrorCodes.SessionExpired, () => buyer.DisplayCartAsync(Token));
    }

    [Fact]
    public async Task A_session_of_the_other_role_is_refused()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        await using var wrong = new SellerClient(lab.Server(MarketplaceTopology.SellerServer)) { Session = buyer.Session };
        await StoryTests.RefusedAsync(ErrorCodes.WrongRole, () => wrong.DisplayItemsAsync(Token));
        buyer.Session = seller.Session;
        await StoryTests.RefusedAsync(ErrorCodes.WrongRole, () => buyer.DisplayCartAsync(Token));
    }
}
