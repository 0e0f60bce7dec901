using System.Buffers;
using System.Net.Sockets;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Transport;

/// <summary>A handler that throws where it must not costs the connection concerned, on every engine, and nobody else anything.</summary>
public class HandlerFailureTests
{
    private const byte Fatal = 13;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Engines => TestServer.Engines;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task One_that_throws_at_once_ends_its_connection_whose_place_is_free_again(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new ThrowingHandler { OnRequest = true }, new ConnectionLimits { MaxConnections = 1 });
        for (var attempt = 0; attempt < 3; attempt++)
        {
            using var unlucky = await RawPeer.ConnectAsync(server);
            await unlucky.SendAsync(RawPeer.Frame(Fatal));
            await UntilOverAsync(unlucky);
        }

        // The server may need a moment to forget the last one.
        await UntilAnsweredAsync(server);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task One_that_throws_when_a_connection_has_ended_leaves_the_others_alone(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new ThrowingHandler { OnClose = true }, limits: null);
        for (var attempt = 0; attempt < 8; attempt++)
        {
            using var peer = await RawPeer.ConnectAsync(server);
            await AnswerAsync(peer);
            peer.CloseSending();
            await UntilOverAsync(peer);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task One_that_throws_when_it_refuses_a_frame_leaves_the_others_alone(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new ThrowingHandler { OnRefusal = true }, new ConnectionLimits { MaxPayloadBytes = 16 });
        using var other = await RawPeer.ConnectAsync(server);
        for (var attempt = 0; attempt < 8; attempt++)
        {
            using var greedy = await RawPeer.ConnectAsync(server);
            await greedy.SendAsync(RawPeer.Frame(new byte[64]));
            await UntilOverAsync(greedy);
            await AnswerAsync(other);
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task One_that_throws_when_it_refuses_a_connection_leaves_the_others_alone(string engine)
    {
        await using var server = await TestServer.StartAsync(engine, new ThrowingHandler { OnRefusal = true }, new ConnectionLimits { MaxConnections = 1 });
        using (var first = await RawPeer.ConnectAsync(server))
        {
            await AnswerAsync(first);
            using var second = await RawPeer.ConnectAsync(server);
            await UntilOverAsync(second);
            await AnswerAsync(first);
        }

        await UntilAnsweredAsync(server);
    }

    private static async Task AnswerAsync(RawPeer peer)
    {
        await peer.SendAsync(RawPeer.Frame(1));
        Assert.Equal([1], await peer.AnswerAsync().WaitAsync(Patience));
    }

    /// <summary>Until a new connection is served, and not refused.</summary>
    private static async Task UntilAnsweredAsync(FrameServer server)
    {
        for (var attempt = 0; !await IsServedAsync(); attempt++)
        {
            Assert.True(attempt < 200, "the place never became free");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        async Task<bool> IsServedAsync()
        {
            try
            {
                using var peer = await RawPeer.ConnectAsync(server);
                await peer.SendAsync(RawPeer.Frame(1));
                return await peer.ReadAsync().WaitAsync(Patience) is [1];
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    /// <summary>Until the server ends the stream, in order or with a reset; it may be for want of a place, and say so.</summary>
    private static async Task UntilOverAsync(RawPeer peer)
    {
        try
        {
            while (await peer.ReadAsync().WaitAsync(Patience) is { } refusal)
            {
                Assert.Empty(refusal);
            }
        }
        catch (SocketException)
        {
            // A reset is an end, too.
        }
    }

    /// <summary>Echoes, and throws where it is told to.</summary>
    private sealed class ThrowingHandler : IFrameHandler
    {
        public bool OnRequest { get; init; }

        public bool OnClose { get; init; }

        public bool OnRefusal { get; init; }

        public ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
        {
            ThrowIf(OnRequest && payload.Span[0] == Fatal);
            var reply = new OutgoingFrame();
            reply.Write(payload.Span);
            return ValueTask.FromResult<OutgoingFrame?>(reply);
        }

        public OutgoingFrame Refuse(TransportRefusal refusal)
        {
            ThrowIf(OnRefusal);
            return new OutgoingFrame();
        }

        public void Closed(in ClosedConnection connection) => ThrowIf(OnClose);

        private static void ThrowIf(bool condition)
        {
            if (condition)
            {
                throw new InvalidOperationException("as the test wants it");
            }
        }
    }
}
