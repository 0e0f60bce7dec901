using System.Diagnostics;
using System.Text;
using Lab.Transport.Engines;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Transport;

/// <summary>What a peer may do to a server, done to every engine: real loopback sockets.</summary>
public class EngineConformanceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Engines => TestServer.Engines;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_frame_may_come_byte_by_byte(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        using var peer = await RawPeer.ConnectAsync(server);
        foreach (var single in RawPeer.Frame([1, 2, 3, 4, 5]))
        {
            await peer.SendAsync(new[] { single });
            await Task.Yield();
        }

        Assert.Equal([1, 2, 3, 4, 5], await peer.AnswerAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Frames_may_come_together_and_cut_anywhere(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        using var peer = await RawPeer.ConnectAsync(server);
        var all = Enumerable.Range(0, 200).SelectMany(number => RawPeer.Frame(new byte[number], (byte)number)).ToArray();
        foreach (var part in all.Chunk(977))
        {
            await peer.SendAsync(part);
        }

        for (var number = 0; number < 200; number++)
        {
            var reply = await peer.AnswerAsync();
            Assert.Equal(number + 1, reply.Length);
            Assert.Equal((byte)number, reply[^1]);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_empty_frame_is_a_request_too(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        using var peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync(RawPeer.Frame());
        Assert.Empty(await peer.AnswerAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_has_closed_its_half_still_gets_all_answers_and_then_the_end(string engine)
    {
        var handler = new TestHandler { Gate = new TaskCompletionSource() };
        await using var server = await TestServer.StartAsync(engine, handler);
        using var peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync(RawPeer.Frame(1));
        await peer.SendAsync(RawPeer.Frame(2));
        peer.CloseSending();
        await handler.Entered.Task.WaitAsync(Token);
        handler.Gate.SetResult();
        var replies = new[] { (await peer.AnswerAsync())[0], (await peer.AnswerAsync())[0] };
        Assert.Equal([1, 2], replies.Order().ToArray());
        Assert.Null(await peer.ReadAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_close_in_order_is_reported_once_with_what_was_transferred(string engine)
    {
        var handler = new TestHandler();
        await using var server = await TestServer.StartAsync(engine, handler);
        int port;
        using (var peer = await RawPeer.ConnectAsync(server))
        {
            port = peer.LocalPort;
            for (var request = 0; request < 3; request++)
            {
                await peer.SendAsync(RawPeer.Frame(1, 2, 3, 4));
                await peer.ReadAsync();
            }
        }

        await UntilAsync(() => !handler.ClosedConnections.IsEmpty);
        var closed = Assert.Single(handler.ClosedConnections);
        Assert.Equal((port, 24L, 3L), (closed.Peer!.Value.Port, closed.Bytes, closed.Requests));
        Assert.True(closed.Descriptor > 0);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_reset_and_a_torn_frame_are_no_close_in_order(string engine)
    {
        var handler = new TestHandler();
        await using var server = await TestServer.StartAsync(engine, handler);
        var rude = await RawPeer.ConnectAsync(server);
        await rude.SendAsync(RawPeer.Frame(1));
        await rude.ReadAsync();
        rude.Reset();
        using (var torn = await RawPeer.ConnectAsync(server))
        {
            await torn.SendAsync(RawPeer.Frame(1).AsMemory(0, 3));
            torn.CloseSending();
            Assert.Null(await torn.ReadAsync());
        }

        using (var good = await RawPeer.ConnectAsync(server))
        {
            await good.SendAsync(RawPeer.Frame(1));
            await good.ReadAsync();
        }

        await UntilAsync(() => !handler.ClosedConnections.IsEmpty);
        Assert.Equal(1, Assert.Single(handler.ClosedConnections).Requests);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_wants_no_answer_gets_none_and_holds_nobody_up(string engine)
    {
        var handler = new TestHandler { SilentOn = 9 };
        await using var server = await TestServer.StartAsync(engine, handler, new ConnectionLimits { MaxPipelined = 4 });
        using (var peer = await RawPeer.ConnectAsync(server))
        {
            // Far more than may be under way: each gives its slot back.
            for (byte number = 1; number <= 100; number++)
            {
                await peer.SendAsync(RawPeer.Frame(9, number));
                if (number % 25 == 0)
                {
                    await peer.SendAsync(RawPeer.Frame(number));
                    Assert.Equal([number], await peer.AnswerAsync());
                }
            }

            peer.CloseSending();
            Assert.Null(await peer.ReadAsync());
        }

        await UntilAsync(() => !handler.ClosedConnections.IsEmpty);
        Assert.Equal(104, Assert.Single(handler.ClosedConnections).Requests);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task That_no_answer_is_wanted_may_turn_out_later(string engine)
    {
        var handler = new TestHandler { SilentOn = 9, Gate = new TaskCompletionSource() };
        await using var server = await TestServer.StartAsync(engine, handler, new ConnectionLimits { MaxPipelined = 2 });
        using var peer = await RawPeer.ConnectAsync(server);
        for (var frame = 0; frame < 6; frame++)
        {
            await peer.SendAsync(RawPeer.Frame(9));
        }

        await peer.SendAsync(RawPeer.Frame(1));
        peer.CloseSending();
        await handler.Entered.Task.WaitAsync(Token);
        handler.Gate.SetResult();
        Assert.Equal([1], await peer.AnswerAsync());
        Assert.Null(await peer.ReadAsync());
        Assert.Equal(7, handler.Requests);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_server_may_take_smaller_frames_only(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler(), new ConnectionLimits { MaxPayloadBytes = 100 });
        using var peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync(RawPeer.Frame(new byte[100]));
        Assert.Equal(100, (await peer.AnswerAsync()).Length);
        await peer.SendAsync(RawPeer.Frame(new byte[101]));
        Assert.Equal(nameof(TransportRefusal.FrameTooLarge), Encoding.ASCII.GetString(await peer.AnswerAsync()));
        Assert.Null(await peer.ReadAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Without_frames_whatever_comes_goes_back(string engine)
    {
        var handler = new TestHandler { Framing = Framing.None };
        await using var server = await TestServer.StartAsync(engine, handler);
        using (var peer = await RawPeer.ConnectAsync(server))
        {
            var sent = new byte[100_000];
            new Random(1).NextBytes(sent);
            var sending = peer.SendAsync(sent);
            var received = new byte[sent.Length];
            for (var at = 0; at < received.Length;)
            {
                at += await peer.ReceiveAsync(received.AsMemory(at));
            }

            await sending;
            Assert.Equal(sent, received);
        }

        await UntilAsync(() => !handler.ClosedConnections.IsEmpty);
        Assert.Equal(100_000, Assert.Single(handler.ClosedConnections).Bytes);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_peer_that_does_not_read_costs_a_bounded_number_of_answers_and_nobody_else_anything(string engine)
    {
        var handler = new TestHandler { ReplyBytes = 500_000 };
        await using var server = await TestServer.StartAsync(engine, handler, new ConnectionLimits { MaxPipelined = 4 });
        using var slow = await RawPeer.ConnectAsync(server, receiveBufferBytes: 4096);
        for (var request = 0; request < 64; request++)
        {
            await slow.SendAsync(RawPeer.Frame(1));
        }

        using (var other = await RawPeer.ConnectAsync(server))
        {
            await other.SendAsync(RawPeer.Frame(2));
            Assert.Equal(500_000, (await other.AnswerAsync()).Length);
        }

        var beforeReading = handler.Requests;
        Assert.InRange(beforeReading, 1, 32);
        for (var reply = 0; reply < 64; reply++)
        {
            Assert.Equal(500_000, (await slow.AnswerAsync()).Length);
        }

        Assert.Equal(65, handler.Requests);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_peer_that_never_reads_is_cut_off(string engine)
    {
        var handler = new TestHandler { ReplyBytes = 1_000_000 };
        await using var server = await TestServer.StartAsync(
            engine, handler, new ConnectionLimits { SendTimeout = TimeSpan.FromMilliseconds(300), MaxPipelined = 2 });
        using var deaf = await RawPeer.ConnectAsync(server, receiveBufferBytes: 4096);
        for (var request = 0; request < 32; request++)
        {
            await deaf.SendAsync(RawPeer.Frame(1));
        }

        // Everything it would get is more than the kernel holds for it: the server gives up before the end.
        await Task.Delay(1500, Token);
        var replies = 0;
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (await deaf.ReadAsync() is not null)
            {
                replies++;
            }

            throw new EndOfStreamException();
        });
        Assert.InRange(replies, 0, 31);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_frame_that_does_not_end_is_refused_in_words(string engine)
    {
        await using var server = await TestServer.StartAsync(
            engine, new TestHandler(), new ConnectionLimits { FrameTimeout = TimeSpan.FromMilliseconds(200) });
        using var slow = await RawPeer.ConnectAsync(server);
        await slow.SendAsync(RawPeer.Frame(1, 2, 3).AsMemory(0, 5));
        Assert.Equal(nameof(TransportRefusal.FrameTimeout), Encoding.ASCII.GetString(await slow.AnswerAsync()));
        Assert.Null(await slow.ReadAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_huge_length_is_refused_in_words(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        using var peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync(RawPeer.Frame(7));
        await peer.SendAsync(new byte[] { 0x7f, 0xff, 0xff, 0xff, 1, 2, 3 });
        Assert.Equal([7], await peer.AnswerAsync());
        Assert.Equal(nameof(TransportRefusal.FrameTooLarge), Encoding.ASCII.GetString(await peer.AnswerAsync()));
        Assert.Null(await peer.ReadAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_comes_when_all_places_are_taken_is_refused_in_words_and_may_come_again(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler(), new ConnectionLimits { MaxConnections = 2 });
        using var first = await RawPeer.ConnectAsync(server);
        var second = await RawPeer.ConnectAsync(server);
        foreach (var peer in new[] { first, second })
        {
            await peer.SendAsync(RawPeer.Frame(1));
            Assert.Equal([1], await peer.AnswerAsync());
        }

        using (var third = await RawPeer.ConnectAsync(server))
        {
            Assert.Equal(nameof(TransportRefusal.TooManyConnections), Encoding.ASCII.GetString(await third.AnswerAsync()));
            Assert.Null(await third.ReadAsync());
        }

        second.Dispose();
        await UntilAsync(async () =>
        {
            using var again = await RawPeer.ConnectAsync(server);
            await again.SendAsync(RawPeer.Frame(3));
            return await again.ReadAsync() is [3];
        });
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_storm_of_connections_is_served(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new TestHandler());
        var served = 0;
        await Parallel.ForAsync(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 500, CancellationToken = Token }, async (number, _) =>
        {
            using var peer = await RawPeer.ConnectAsync(server);
            await peer.SendAsync(RawPeer.Frame((byte)number));
            Assert.Equal([(byte)number], await peer.AnswerAsync());
            Interlocked.Increment(ref served);
        });
        Assert.Equal(2000, served);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Who_keeps_asking_is_not_idle(string engine)
    {
        await using var server = await TestServer.StartAsync(
            engine, new TestHandler(), new ConnectionLimits { IdleTimeout = TimeSpan.FromSeconds(2) });
        using var peer = await RawPeer.ConnectAsync(server);

        // For longer than one may be idle. Pauses far shorter than that: a busy machine makes them longer.
        var begun = Stopwatch.GetTimestamp();
        for (byte request = 0; Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(2.5); request++)
        {
            await peer.SendAsync(RawPeer.Frame(request));
            Assert.Equal([request], await peer.AnswerAsync());
            await Task.Delay(60, Token);
        }

        Assert.Null(await peer.ReadAsync());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_stop_lets_idle_connections_go(string engine)
    {
        var server = await TestServer.StartAsync(engine, new TestHandler());
        var peers = new List<RawPeer>();
        for (var count = 0; count < 100; count++)
        {
            peers.Add(await RawPeer.ConnectAsync(server));
            await peers[^1].SendAsync(RawPeer.Frame(1));
            await peers[^1].ReadAsync();
        }

        var stopping = server.DisposeAsync();
        foreach (var peer in peers)
        {
            Assert.Null(await peer.ReadAsync());
            peer.Dispose();
        }

        await stopping;
    }

    private static Task UntilAsync(Func<bool> isTrue) => UntilAsync(() => Task.FromResult(isTrue()));

    private static async Task UntilAsync(Func<Task<bool>> isTrue)
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            if (await isTrue())
            {
                return;
            }

            await Task.Delay(20, Token);
        }

        Assert.Fail("it did not come true in time");
    }
}
