using System.Net;
using Lab.Threading;
using Lab.TradingPost.Cli;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.TradingPost.Cli;

/// <summary>A supervisor that only pretends: killing the trader makes the next lower peer trade, 30 ms later by its own clock.</summary>
internal sealed class FakeMarket : IAsyncDisposable
{
    private const string Token = "letmein";

    private readonly WebApplication _app;
    private readonly Lock _gate = new();
    private readonly List<MarketEvent> _events = [];
    private MarketState? _state;
    private int _markets;

    private FakeMarket(WebApplication app) => _app = app;

    private readonly FrameServer _peers = new(new IPEndPoint(IPAddress.Loopback, 0), new FakePeers(), new ConnectionLimits(), NullLogger.Instance, _ => { });

    public MarketAddress Address => new(new Uri(_app.Urls.First()), Token);

    public SupervisorClient Client() => new(Address);

    public MarketSettings? Opened => _state?.Settings;

    /// <summary>Paths of what peers were asked to do.</summary>
    public List<string> Steered { get; } = [];

    public static async Task<FakeMarket> StartAsync(bool isOpen = true)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var market = new FakeMarket(app);
        app.Use(async (context, next) =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            if (context.Request.Headers.Authorization == $"Bearer {Token}")
            {
                context.Response.StatusCode = StatusCodes.Status200OK;
                await next();
            }
        });
        app.MapGet("/admin/market", () => market._state is { } state ? Results.Ok(state) : Results.NotFound());
        app.MapPut("/admin/market", (MarketSettings settings) => settings.Peers is < 2 or > 12
            ? Results.BadRequest(new { Error = "a market has 2 to 12 peers" })
            : Results.Ok(market.Open(settings)));
        app.MapPost("/admin/peers/{peer}/{action}", market.Steer);
        app.MapGet("/admin/events", market.EventsAsync);
        await app.StartAsync();
        await market._peers.SwitchEngineAsync("async", CancellationToken.None);
        if (isOpen)
        {
            market.Open(new MarketSettings());
        }

        return market;
    }

    public MarketState Open(MarketSettings settings)
    {
        lock (_gate)
        {
            _events.Clear();
            var trader = settings.Peers - 1;
            var state = Markets.State(settings);
            _state = state with { Number = ++_markets, Peers = [.. state.Peers.Select(peer => peer with { Address = $"{_peers.Endpoint}" })] };
            Tell(trader, new PeerEvent(PeerEventKind.ElectionBegun, 0));
            Tell(trader, new PeerEvent(PeerEventKind.Trades, 1));
            return _state;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _peers.DisposeAsync();
    }

    private IResult Steer(string peer, string action)
    {
        lock (_gate)
        {
            if (_state is not { } state || (peer == "trader" ? state.Trader : int.Parse(peer)) is not { } id || id >= state.Peers.Count)
            {
                return Results.NotFound(new { Error = $"the market has no peer {peer}" });
            }

            Steered.Add($"{peer}/{action}");
            if (action == "kill")
            {
                Kill(state, id);
            }

            return Results.Ok(_state);
        }
    }

    private void Kill(MarketState state, int id)
    {
        _state = state with
        {
            Peers = [.. state.Peers.Select(peer => peer.Id == id ? peer with { Process = PeerProcessState.Dead, Pid = 0 } : peer)],
        };
        Tell(id, what: null, ProcessEvents.Killed);
        if (id == state.Trader)
        {
            var next = id - 1;
            Tell(next, new PeerEvent(PeerEventKind.TraderLost, state.Term, id), laterUs: 1_000);
            Tell(next, new PeerEvent(PeerEventKind.Trades, state.Term + 1), laterUs: 29_000);
            _state = _state with { Trader = next, Term = state.Term + 1 };
        }
    }

    private void Tell(int peer, PeerEvent? what, string? done = null, long laterUs = 0)
    {
        var at = _events.Count > 0 && laterUs > 0 ? _events[^1].AtUs + laterUs : MonotonicClock.NowUs;
        _events.Add(new MarketEvent(_events.Count + 1, at, peer, what, done));
        _state = _state! with { LastEvent = _events.Count };
    }

    private async Task<IReadOnlyList<MarketEvent>> EventsAsync(long after, int wait_ms, CancellationToken cancellationToken)
    {
        const int StepMs = 10;
        for (var waited = 0; ; waited += StepMs)
        {
            lock (_gate)
            {
                var events = _events.Where(happened => happened.Number > after).ToList();
                if (events.Count > 0 || waited >= wait_ms)
                {
                    return events;
                }
            }

            await Task.Delay(StepMs, cancellationToken);
        }
    }
}

/// <summary>Answers for all peers: they follow peer 5, sell anything but boar, and take every deposit.</summary>
internal sealed class FakePeers : IFrameHandler
{
    public ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var asked = EnvelopeFrames.Read(payload.Span);
        PeerMessage answer = asked.Message switch
        {
            AskStatus question => Markets.Statuses(5, 1)[0] with { Nonce = question.Nonce },
            WhoTrades question => new TraderIs(question.Nonce, 5, 1),
            Join join => new Welcome(join.Nonce, 1),
            Buy { Good: Good.Boar } buy => new Refused(buy.Request, RefusalReason.NoSeller, 5, 1),
            Buy buy => new Done(buy.Request, 1, 0, buy.Quantity * Prices.Of(buy.Good)),
            Deposit deposit => new Done(deposit.Request, 1, Seller: null, Price: null),
            _ => throw new InvalidOperationException($"nobody asks for {asked.Message}"),
        };
        return ValueTask.FromResult<OutgoingFrame?>(EnvelopeFrames.Write(new Envelope(asked.Id, 5, answer)));
    }

    public OutgoingFrame Refuse(TransportRefusal refusal) => EnvelopeFrames.WriteError(null, $"{refusal}");
}
