using Lab.Processes;
using Lab.TradingPost.Supervision;
using Names = Lab.Topology.Systems.TradingPost;

namespace Lab.Tests.Integration.TradingPost;

/// <summary>What becomes of peers when their supervisor is killed.</summary>
[Collection(TradingPostTests.Name)]
public sealed class SupervisorTests(TradingPostLab lab)
{
    [Fact]
    public async Task No_peer_survives_its_supervisor_not_even_one_that_is_stopped()
    {
        Assert.SkipWhen(Programs.Find("setpriv") is null, "without setpriv a stopped peer cannot hear that its supervisor is gone");
        var market = await lab.OpenAsync(TradingPostLab.ManyGoods);
        var peers = market.Peers.Select(peer => ProcessIdentity.Of("peer", peer.Pid)!).ToList();
        await lab.TradesAfterAsync(0, who: 3);
        await lab.ActAsync("1", "pause");
        await lab.ActAsync("trader", "pause");
        await lab.Lab.KillAsync(Names.Supervisor, CancellationToken.None);
        for (var attempt = 0; peers.Exists(peer => peer.IsAlive); attempt++)
        {
            Assert.True(attempt < 500, $"still there: {string.Join(", ", peers.Where(peer => peer.IsAlive))}");
            await Task.Delay(20);
        }

        // The lab starts it again, and it opens markets as before.
        for (var attempt = 0; !await IsBackAsync(); attempt++)
        {
            Assert.True(attempt < 500, "the supervisor does not come back");
            await Task.Delay(50);
        }

        var again = await lab.OpenAsync(TradingPostLab.ManyGoods);
        Assert.All(again.Peers, peer => Assert.Equal(PeerProcessState.Running, peer.Process));
    }

    private async Task<bool> IsBackAsync()
    {
        try
        {
            return await lab.GetAsync("/health") == System.Net.HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
