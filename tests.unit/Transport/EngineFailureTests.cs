using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Engines.Loops;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.Transport;

/// <summary>An engine that breaks says so; until then it served only some of its clients, and nobody knew.</summary>
public sealed class EngineFailureTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly BlockingCollection<Exception> _told = [];

    public EngineFailureTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _listener.Dispose();
        _told.Dispose();
    }

    [Fact]
    public async Task A_loop_that_breaks_is_told_of_at_once_and_ends_the_engine()
    {
        var loops = new List<ScriptedLoop>();
        var running = AcceptingLoops.RunAsync(_listener, Context(), count: 2, NewLoop, CancellationToken.None);
        loops[1].Break();

        Assert.Same(ScriptedLoop.Failure, _told.Take(Token));
        Assert.Same(ScriptedLoop.Failure, await Assert.ThrowsAsync<InvalidOperationException>(() => running.WaitAsync(Patience)));
        Assert.True(loops[0].Ended.IsCompletedSuccessfully);

        EventLoop NewLoop(int index)
        {
            loops.Add(new ScriptedLoop(Context(), index));
            return loops[^1];
        }
    }

    [Fact]
    public async Task Loops_are_not_disposed_of_while_they_run_when_the_acceptor_breaks()
    {
        var loops = new List<ScriptedLoop>();
        var running = AcceptingLoops.RunAsync(
            _listener,
            Context(),
            count: 2,
            index =>
            {
                loops.Add(new ScriptedLoop(Context(), index) { BreaksAcceptor = true });
                return loops[^1];
            },
            CancellationToken.None);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_listener.LocalEndPoint!, Token);

        await Assert.ThrowsAsync<InvalidOperationException>(() => running.WaitAsync(Patience));
        Assert.All(loops, loop => Assert.Equal("ended, disposed of", loop.Story));
    }

    [Fact]
    public async Task Loops_that_were_made_are_disposed_of_when_another_one_cannot_be_made()
    {
        ScriptedLoop? first = null;
        await Assert.ThrowsAsync<InvalidOperationException>(() => AcceptingLoops.RunAsync(
            _listener,
            Context(),
            count: 2,
            index => index == 0 ? first = new ScriptedLoop(Context(), index) : throw ScriptedLoop.Failure,
            CancellationToken.None).WaitAsync(Patience));
        Assert.Equal("disposed of", first!.Story);
    }

    [Fact]
    public async Task Whoever_owns_the_server_hears_that_its_engine_has_broken()
    {
        await using var server = NewServer();
        var engine = new BrittleEngine();
        await server.SwitchEngineAsync(engine, Token);
        engine.Running.SetException(new IOException("no more"));

        var reason = _told.Take(Token);
        Assert.Equal($"the engine 'brittle' that serves {server.Endpoint} has broken: no more", reason.Message);
        Assert.IsType<IOException>(reason.InnerException);
    }

    [Fact]
    public async Task Whoever_owns_the_server_hears_of_a_part_that_has_broken_while_the_engine_still_runs()
    {
        await using var server = NewServer();
        var engine = new BrittleEngine();
        await server.SwitchEngineAsync(engine, Token);
        engine.Context!.Broken(new IOException("a loop less"));
        Assert.Contains("a loop less", _told.Take(Token).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_cannot_begin_leaves_the_one_before_at_work()
    {
        await using var server = NewServer();
        await server.SwitchEngineAsync("epoll", Token);
        var unable = new BrittleEngine();
        unable.Running.SetException(new IOException("no descriptors"));

        await Assert.ThrowsAsync<IOException>(() => server.SwitchEngineAsync(unable, Token));
        Assert.Equal("epoll", server.EngineName);
        using var peer = await RawPeer.ConnectAsync(server);
        await peer.SendAsync(RawPeer.Frame(1));
        Assert.Equal([1], await peer.AnswerAsync().WaitAsync(Patience));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_stop_in_order_is_no_failure()
    {
        await using (var server = NewServer())
        {
            foreach (var engine in ConnectionEngines.Offered)
            {
                await server.SwitchEngineAsync(engine, Token);
            }
        }

        Assert.Empty(_told);
    }

    private FrameServer NewServer() => new(
        new IPEndPoint(IPAddress.Loopback, 0), new TestHandler(), new ConnectionLimits(), NullLogger.Instance, _told.Add);

    private EngineContext Context() => new(new TestHandler(), new ConnectionLimits(), NullLogger.Instance) { Broken = _told.Add };

    /// <summary>Ends when the test wants it, if it is not stopped before.</summary>
    private sealed class BrittleEngine : IConnectionEngine
    {
        public string Name => "brittle";

        public TaskCompletionSource Running { get; } = new();

        public EngineContext? Context { get; private set; }

        public async Task RunAsync(Socket listener, EngineContext context, CancellationToken stop)
        {
            Context = context;
            await using var stopping = stop.UnsafeRegister(_ => Running.TrySetResult(), state: null);
            await Running.Task;
        }
    }

    /// <summary>A loop without connections that remembers what became of it.</summary>
    private sealed class ScriptedLoop(EngineContext context, int index) : EventLoop(context, $"scripted loop {index}")
    {
        public static readonly InvalidOperationException Failure = new("as the test wants it");

        private volatile bool _isBroken;

        public bool BreaksAcceptor { get; init; }

        public string Story { get; private set; } = "";

        public void Break() => _isBroken = true;

        public override void Dispose()
        {
            Story = Ended.IsCompleted ? "ended, disposed of" : "disposed of";
            base.Dispose();
        }

        protected override LoopConnection? Adopt(int fd) => BreaksAcceptor ? throw Failure : null;

        protected override IEnumerable<LoopConnection> Connections() => [];

        protected override void ServeEvents(int timeoutMs)
        {
            Thread.Sleep(5);
            if (_isBroken)
            {
                throw Failure;
            }
        }
    }
}
