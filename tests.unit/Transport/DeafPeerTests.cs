using Lab.Transport.Engines;

namespace Lab.Tests.Unit.Transport;

/// <summary>Peers that ask for much and never read: what they make a server hold is bounded, for each and together.</summary>
public class DeafPeerTests
{
    private const int ReplyBytes = 500_000;
    private const int HeldBytes = 512 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Engines => TestServer.Engines;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_request_starts_only_when_its_answer_fits_into_what_the_connection_may_hold(string engine)
    {
        var handler = new TestHandler { ReplyBytes = ReplyBytes, Gate = new TaskCompletionSource() };
        await using var server = await TestServer.StartAsync(engine, handler, new ConnectionLimits { MaxUnsentBytes = 3 * HeldBytes });
        using var peer = await RawPeer.ConnectAsync(server);
        await AskAsync(peer, requests: 32);
        await handler.Entered.Task.WaitAsync(Patience, Token);
        await Task.Delay(200, Token);
        Assert.InRange(handler.MostAtOnce, 1, 3);

        handler.Gate.SetResult();
        for (var reply = 0; reply < 32; reply++)
        {
            Assert.Equal(ReplyBytes, (await peer.AnswerAsync().WaitAsync(Patience)).Length);
        }

        Assert.InRange(handler.MostAtOnce, 1, 3);
        await UntilAsync(() => server.Unsent.TotalBytes == 0);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Many_of_them_hold_no_more_than_a_server_may_and_others_are_served(string engine)
    {
        const int Peers = 40;
        const long TotalBytes = 64 * HeldBytes;
        var handler = new TestHandler { ReplyBytes = ReplyBytes };
        await using var server = await TestServer.StartAsync(
            engine, handler, new ConnectionLimits { MaxUnsentBytes = 4 * HeldBytes, MaxUnsentTotalBytes = TotalBytes });
        var deaf = new List<RawPeer>();
        for (var peer = 0; peer < Peers; peer++)
        {
            deaf.Add(await RawPeer.ConnectAsync(server, receiveBufferBytes: 4096));
            await AskAsync(deaf[^1], requests: 64);
        }

        for (var attempt = 0; attempt < 20; attempt++)
        {
            using var other = await RawPeer.ConnectAsync(server);
            await AskAsync(other, requests: 1);
            Assert.Equal(ReplyBytes, (await other.AnswerAsync().WaitAsync(Patience)).Length);

            // Threads that look at the total at the same moment may exceed it by an answer each.
            Assert.InRange(server.Unsent.TotalBytes, 0, TotalBytes + (Environment.ProcessorCount * HeldBytes));
        }

        Assert.InRange(handler.Requests, 1, (Peers * 32) - 1);
        deaf.ForEach(peer => peer.Reset());
        await UntilAsync(() => server.Unsent.TotalBytes == 0);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_finds_the_server_full_waits_and_is_served_when_there_is_room(string engine)
    {
        await using var server = await TestServer.StartAsync(
            engine, new TestHandler { ReplyBytes = 8 * ReplyBytes }, new ConnectionLimits { MaxUnsentTotalBytes = 10 * ReplyBytes });
        using var deaf = await RawPeer.ConnectAsync(server, receiveBufferBytes: 4096);
        await AskAsync(deaf, requests: 8);
        await UntilAsync(() => server.Unsent.TotalBytes > 2 * ReplyBytes);
        using var other = await RawPeer.ConnectAsync(server);
        await AskAsync(other, requests: 1);
        var answer = other.AnswerAsync();
        await Task.Delay(200, Token);
        Assert.False(answer.IsCompleted);

        deaf.Reset();
        Assert.Equal(8 * ReplyBytes, (await answer.WaitAsync(Patience)).Length);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task All_of_them_are_ended_after_the_send_timeout_and_counted_once(string engine)
    {
        const int Peers = 40;
        await using var server = await TestServer.StartAsync(
            engine, new TestHandler { ReplyBytes = 8 * ReplyBytes }, new ConnectionLimits { SendTimeout = TimeSpan.FromSeconds(1) });
        var deaf = new List<RawPeer>();
        for (var peer = 0; peer < Peers; peer++)
        {
            deaf.Add(await RawPeer.ConnectAsync(server, receiveBufferBytes: 4096));
            await AskAsync(deaf[^1], requests: 8);
        }

        await UntilAsync(() => server.Unsent.DeafPeers == Peers && server.Unsent.TotalBytes == 0);
        using var other = await RawPeer.ConnectAsync(server);
        await AskAsync(other, requests: 1);
        Assert.Equal(8 * ReplyBytes, (await other.AnswerAsync().WaitAsync(Patience)).Length);
        Assert.Equal(Peers, server.Unsent.DeafPeers);
        deaf.ForEach(peer => peer.Dispose());
    }

    private static async Task AskAsync(RawPeer peer, int requests)
    {
        var frames = Enumerable.Range(0, requests).SelectMany(_ => RawPeer.Frame(1)).ToArray();
        await peer.SendAsync(frames);
    }

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        for (var attempt = 0; !isTrue(); attempt++)
        {
            Assert.True(attempt < 1500, "it did not come true in time");
            await Task.Delay(20, Token);
        }
    }
}
