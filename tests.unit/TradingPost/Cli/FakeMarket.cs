using Lab.TradingPost.Cli;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Running;
using Lab.TradingPost.Supervision;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

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
            _state = Markets.State(settings) with { Number = ++_markets };
            Tell(trader, new PeerEvent(PeerEventKind.ElectionBegun, 0));
            Tell(trader, new PeerEvent(PeerEventKind.Trades, 1));
            return _state;
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

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

/// <summary>Peers that only pretend.</summary>
internal sealed class FakeFloor : ITradingFloor
{
    public int Participant => Markets.You;

    public Task<Status?> AskAsync(MarketState market, int peer, CancellationToken cancellationToken) =>
        Task.FromResult<Status?>(Markets.Statuses(5, 1).GetValueOrDefault(peer));

    public Task<Done> BuyAsync(MarketState market, Good good, int quantity, CancellationToken cancellationToken) => good == Good.Boar
        ? throw new RefusedException(RefusalReason.NoSeller, "no seller has 1 boar")
        : Task.FromResult(new Done(new RequestId(Participant, 1, 1), 1, 0, quantity * Prices.Of(good)));

    public Task<Done> DepositAsync(MarketState market, Good good, int quantity, CancellationToken cancellationToken) =>
        Task.FromResult(new Done(new RequestId(Participant, 1, 2), 1, Seller: null, Price: null));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
