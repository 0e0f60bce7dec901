using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Lab.Coordination.Elections;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Running;
using Lab.Transport;
using Lab.Transport.Client;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.TradingPost.Running;

/// <summary>Who may speak as a peer: over real sockets, to what a peer's process serves them with.</summary>
public sealed class PeerProofTests : IAsyncLifetime
{
    private const int Receiver = 1;
    private const int Sender = 2;

    private static readonly MarketSettings Market = new() { Peers = 4 };

    private readonly MarketSecret _secret = new(MarketSecret.New());
    private readonly ConcurrentQueue<Envelope> _heard = new();
    private readonly List<IDisposable> _open = [];
    private FrameServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _server = Serve(_secret);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _open.ForEach(each => each.Dispose());
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("epoll")]
    [InlineData("async")]
    [InlineData("threads")]
    public async Task Who_has_proved_who_it_is_is_heard_on_that_connection_alone(string engine)
    {
        await _server.SwitchEngineAsync(engine, Token);
        await using var sender = SenderTo(_server, _secret, _ => { });
        using var frame = EnvelopeFrames.Write(Coordinator(Sender));
        sender.TryQueue(frame.Wire.Span);
        sender.Flush();
        while (_heard.IsEmpty)
        {
            await Task.Delay(5, Token);
        }

        Assert.Equal(Coordinator(Sender), Assert.Single(_heard));
        Assert.Contains("proves it first", await (await ConnectAsync()).RefusalOfAsync(Coordinator(Sender) with { Id = 5 }), StringComparison.Ordinal);
        Assert.Single(_heard);
    }

    [Fact]
    public async Task Nobody_is_heard_as_another_peer_than_the_one_that_it_has_proved_to_be()
    {
        await _server.SwitchEngineAsync("epoll", Token);
        var connection = await ConnectAsync();
        await connection.ProveAsync(_secret, Sender);
        Assert.Contains("peer 3 proves it first", await connection.RefusalOfAsync(Coordinator(3)), StringComparison.Ordinal);
        Assert.Contains("proves nothing", await connection.RefusalOfAsync(new Envelope(8, Sender, new Introduce(MarketSecret.NewNonce()))), StringComparison.Ordinal);
        Assert.Empty(_heard);
    }

    [Fact]
    public async Task A_proof_that_was_heard_on_one_connection_is_none_on_another()
    {
        await _server.SwitchEngineAsync("epoll", Token);
        var first = await ConnectAsync();
        var nonce = MarketSecret.NewNonce();
        var proof = await first.ProveAsync(_secret, Sender, nonce);

        var replayed = await ConnectAsync();
        Assert.IsType<Challenge>((await replayed.CallAsync(new Envelope(1, Sender, new Introduce(nonce)))).Answer?.Message);
        Assert.Contains("proves nothing", await replayed.RefusalOfAsync(new Envelope(2, Sender, new Prove(proof))), StringComparison.Ordinal);
        Assert.Contains("proves it first", await replayed.RefusalOfAsync(Coordinator(Sender) with { Id = 3 }), StringComparison.Ordinal);
        Assert.Empty(_heard);
    }

    /// <summary>The receiver proves something, too: to send that back must not be a proof.</summary>
    [Theory]
    [InlineData("the receiver's own proof")]
    [InlineData("a proof for another receiver")]
    [InlineData("a proof of another sender")]
    [InlineData("a proof with another secret")]
    [InlineData("a proof with nonces that changed places")]
    [InlineData("half a proof")]
    [InlineData("nothing")]
    public async Task What_is_no_proof_proves_nothing_and_there_is_no_second_attempt(string what)
    {
        await _server.SwitchEngineAsync("epoll", Token);
        var connection = await ConnectAsync();
        var nonce = MarketSecret.NewNonce();
        var challenge = Assert.IsType<Challenge>((await connection.CallAsync(new Envelope(1, Sender, new Introduce(nonce)))).Answer?.Message);
        var introduced = new IntroducedConnection(Sender, Receiver, nonce, challenge.Nonce);
        var right = _secret.Prove(ProofRole.Sender, introduced);
        var proof = what switch
        {
            "the receiver's own proof" => challenge.Proof,
            "a proof for another receiver" => _secret.Prove(ProofRole.Sender, introduced with { Receiver = 3 }),
            "a proof of another sender" => _secret.Prove(ProofRole.Sender, introduced with { Sender = 3 }),
            "a proof with another secret" => new MarketSecret(MarketSecret.New()).Prove(ProofRole.Sender, introduced),
            "a proof with nonces that changed places" => _secret.Prove(ProofRole.Sender, introduced with { SenderNonce = challenge.Nonce, ReceiverNonce = nonce }),
            "half a proof" => right[..16],
            _ => [],
        };
        Assert.Contains("proves nothing", await connection.RefusalOfAsync(new Envelope(2, Sender, new Prove(proof))), StringComparison.Ordinal);
        Assert.Contains("proves nothing", await connection.RefusalOfAsync(new Envelope(3, Sender, new Prove(right))), StringComparison.Ordinal);
        Assert.Contains("proves it first", await connection.RefusalOfAsync(Coordinator(Sender) with { Id = 4 }), StringComparison.Ordinal);
        Assert.Empty(_heard);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public async Task A_nonce_has_its_length(int bytes)
    {
        await _server.SwitchEngineAsync("epoll", Token);
        Assert.Contains("proves nothing", await (await ConnectAsync()).RefusalOfAsync(new Envelope(1, Sender, new Introduce(new byte[bytes]))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_can_neither_introduce_itself_nor_speak_of_elections()
    {
        await _server.SwitchEngineAsync("epoll", Token);
        var client = await ConnectAsync();
        Assert.Contains("proves nothing", await client.RefusalOfAsync(new Envelope(1, 100, new Introduce(MarketSecret.NewNonce()))), StringComparison.Ordinal);
        Assert.Contains("only peers", await client.RefusalOfAsync(Coordinator(100) with { Id = 2 }), StringComparison.Ordinal);
        Assert.Empty(_heard);
    }

    /// <summary>Who listens at a peer's address while that is dead must not hear what is meant for it.</summary>
    [Fact]
    public async Task Nothing_is_sent_to_who_cannot_prove_to_be_the_receiver()
    {
        await using var stranger = Serve(new MarketSecret(MarketSecret.New()));
        await stranger.SwitchEngineAsync("epoll", Token);
        var lost = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var sender = SenderTo(stranger, _secret, reason => lost.TrySetResult(reason));
        using var frame = EnvelopeFrames.Write(Coordinator(Sender));
        sender.TryQueue(frame.Wire.Span);
        sender.Flush();
        Assert.Contains("is not that peer", (await lost.Task.WaitAsync(Token)).Message, StringComparison.Ordinal);
        Assert.False(sender.IsConnected);
        Assert.Empty(_heard);
    }

    /// <summary>Electing does not wait for an answer: of what a stranger sends in masses nothing is left.</summary>
    [Fact]
    public async Task A_flood_of_forged_messages_reaches_nobody()
    {
        await _server.SwitchEngineAsync("epoll", Token);
        var stranger = await ConnectAsync();
        for (var number = 1; number <= 500; number++)
        {
            Assert.NotNull(await stranger.RefusalOfAsync(Coordinator(number % Market.Peers) with { Id = number }));
        }

        Assert.Empty(_heard);
    }

    private static Envelope Coordinator(int from) => new(0, from, new Electing(ElectionMessageKind.Coordinator, 1_000_000));

    private FrameServer Serve(MarketSecret secret) => new(
        new IPEndPoint(IPAddress.Loopback, 0),
        new PeerHandler(Receiver, Market, secret, Hear, (envelope, _) => Hear(envelope)),
        new ConnectionLimits(),
        NullLogger.Instance,
        _ => { });

    private bool Hear(Envelope envelope)
    {
        _heard.Enqueue(envelope);
        return true;
    }

    private static FrameSender SenderTo(FrameServer server, MarketSecret secret, Action<Exception> lost) => new(
        new DnsEndPoint("127.0.0.1", server.Endpoint.Port),
        new FrameSenderOptions { ConnectTimeout = TimeSpan.FromSeconds(30), Introduce = (socket, token) => secret.IntroduceAsync(socket, Sender, Receiver, token) },
        lost);

    private async Task<Connection> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var connection = new Connection(socket);
        _open.Add(connection);
        await socket.ConnectAsync(_server.Endpoint, Token);
        return connection;
    }

    /// <summary>Sends one envelope after the other.</summary>
    private sealed class Connection(Socket socket) : IDisposable
    {
        private readonly FrameReader _reader = new();

        public void Dispose()
        {
            socket.Dispose();
            _reader.Dispose();
        }

        public async Task<(Envelope? Answer, string? Error)> CallAsync(Envelope envelope)
        {
            using var frame = EnvelopeFrames.Write(envelope);
            await socket.SendAsync(frame.Wire, Token);
            ReadOnlyMemory<byte> payload;
            while (_reader.TryRead(out payload) != FrameStatus.Complete)
            {
                var received = await socket.ReceiveAsync(_reader.Free(), Token);
                Assert.True(received > 0, "the connection has ended");
                _reader.Received(received);
            }

            return (EnvelopeFrames.TryRead(payload.Span, out _), EnvelopeFrames.ReadError(payload.Span));
        }

        public async Task<string> RefusalOfAsync(Envelope envelope) =>
            (await CallAsync(envelope)).Error ?? throw new InvalidOperationException($"{envelope} was not refused");

        public async Task<byte[]> ProveAsync(MarketSecret secret, int sender, byte[]? nonce = null)
        {
            nonce ??= MarketSecret.NewNonce();
            var challenge = (Challenge)(await CallAsync(new Envelope(1, sender, new Introduce(nonce)))).Answer!.Message;
            var introduced = new IntroducedConnection(sender, Receiver, nonce, challenge.Nonce);
            Assert.True(secret.Accepts(challenge.Proof, ProofRole.Receiver, introduced));
            var proof = secret.Prove(ProofRole.Sender, introduced);
            Assert.IsType<Proven>((await CallAsync(new Envelope(2, sender, new Prove(proof)))).Answer?.Message);
            return proof;
        }
    }
}
