using System.Net;
using System.Net.Sockets;
using Lab.Processes;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;
using Lab.TradingPost.Supervision;

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
        await lab.Lab.KillAsync(TradingPostTopology.Supervisor, CancellationToken.None);
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

    [Fact]
    public async Task A_peer_that_cannot_start_ends_the_supervisor_who_says_why()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var state = Directory.CreateTempSubdirectory("lab-test-");
        var settings = Enumerable.Range(0, 6).ToDictionary(
            id => $"TradingPost__Peers__{id}", id => id == 1 ? taken.LocalEndPoint!.ToString()! : "127.0.0.1:0", StringComparer.Ordinal);
        settings["TradingPost__OpenAtStart"] = "true";
        settings["Service__DataFolder"] = settings["Service__LogFolder"] = state.FullName;
        using var supervisor = LabProgram.Start("TradingPost", settings, "serve");
        Assert.Equal(1, await supervisor.WaitForExitAsync());
        Assert.Contains("peer 1 ended with exit code 1 before it was ready", supervisor.Output, StringComparison.Ordinal);
        Assert.Contains($"it cannot listen on {taken.LocalEndPoint}: Address already in use", supervisor.Output, StringComparison.Ordinal);
        state.Delete(recursive: true);
    }

    [Theory]
    [InlineData("serve", "TradingPost__Peers__1", "nowhere", "TradingPost:Peers")]
    [InlineData("serve", "TradingPost__Links__0", "nowhere", "TradingPost:Links")]
    [InlineData("serve", "TradingPost__OpenAtStart", "maybe", "TradingPost:OpenAtStart")]
    [InlineData("serve", "TradingPost__OpenAtStart", "true", "TradingPost:OpenAtStart")]
    [InlineData("peer", "TradingPost__Peer__Id", "1", "TradingPost:Peer")]
    public async Task A_setting_that_cannot_be_ends_the_start_with_a_line_that_names_it(string command, string variable, string value, string setting)
    {
        var settings = Enumerable.Range(0, 2).ToDictionary(id => $"TradingPost__Peers__{id}", _ => "127.0.0.1:0", StringComparer.Ordinal);
        settings[variable] = value;
        using var program = LabProgram.Start("TradingPost", settings, command);
        Assert.Equal(1, await program.WaitForExitAsync());
        Assert.Contains(setting, Assert.Single(program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
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
