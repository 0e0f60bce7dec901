using Lab.Coordination.Clocks;
using Lab.MedalTally;
using Lab.MedalTally.Api;
using Lab.MedalTally.Cli;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Group;
using Lab.MedalTally.Stores;
using Lab.MedalTally.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lab.Tests.Unit.MedalTally.Cli;

/// <summary>Both tiers in one: the real API over a board in memory; front-ends, and a group of three, are only pretended.</summary>
internal sealed class FakeTally : IAsyncDisposable
{
    private const string Token = "letmein";

    private readonly WebApplication _app;
    private readonly List<FrontEndState> _frontEnds = [];
    private readonly List<CancellationTokenSource> _serving = [];
    private GroupSettings? _group;

    private FakeTally(WebApplication app) => _app = app;

    public TallyAddress Address
    {
        get
        {
            var url = new Uri(_app.Urls.First());
            return new TallyAddress { Single = url, Dispatcher = url, DispatcherAdmin = url, DatabaseAdmin = url, AdminToken = Token };
        }
    }

    /// <summary>Requests are done, and nobody is told.</summary>
    public bool LosesAnswers { get; set; }

    public static async Task<FakeTally> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        TallyApi.AddTo(builder.Services);
        builder.Services.AddSingleton<ITallyStore, MemoryStore>();
        builder.Services.AddSingleton(new TallySecrets(announcer: null, Token));
        var app = builder.Build();
        var tally = new FakeTally(app);
        app.Use(tally.ServeAsync);
        TallyApi.Map(app);
        app.MapGet("/front-end", (int? lost) => new FrontEndAddress(lost == 1 ? 2 : 1, app.Urls.First()));
        app.MapGet("/raffle", () => tally._group is null
            ? Results.Problem("no group is open", statusCode: StatusCodes.Status404NotFound)
            : Results.Ok(new RaffleView(1, 1, [], null)));
        app.MapGet("/admin/front-ends", () => tally._frontEnds);
        app.MapPut("/admin/factors", (Dictionary<string, string> factors) =>
        {
            tally.Run(int.Parse(factors["front_ends"]));
            return factors;
        });
        app.MapPost("/admin/front-ends/{number}/kill", tally.Kill);
        app.MapPut("/admin/group", (GroupSettings settings) => tally._group = settings);
        app.MapDelete("/admin/group", () => tally._group = null);
        app.MapGet("/admin/group", () => tally.Member(0));
        app.MapGet("/{id}/group", (int id) => tally.Member(id));
        await app.StartAsync();
        tally.Run(2);
        return tally;
    }

    public async ValueTask DisposeAsync()
    {
        _serving.ForEach(serving => serving.Cancel());
        await _app.DisposeAsync();
    }

    private void Run(int count)
    {
        _frontEnds.Clear();
        _frontEnds.AddRange(Tallies.FrontEnds(count).Select(frontEnd => frontEnd with { Url = $"{_app.Urls.First()}/{frontEnd.Number}/" }));
    }

    private IResult Kill(int number)
    {
        if (number > _frontEnds.Count)
        {
            return Results.NotFound(new { Error = $"front-end {number} does not run" });
        }

        lock (_serving)
        {
            _serving.ForEach(serving => serving.Cancel());
            _serving.Clear();
        }

        _frontEnds[number - 1] = _frontEnds[number - 1] with { Pid = 5000 + number, Starts = 2 };
        return Results.Ok(_frontEnds);
    }

    private IResult Member(int id) => _group is { } group ? Results.Ok(Tallies.Group(group.Run, ClockMemberState.Corrected)[id]) : Results.NotFound(new { Error = "no group is open" });

    /// <summary>The admin endpoint wants its token; connections of a front-end that is killed end.</summary>
    private async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/admin") && context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (context.Request.Path.StartsWithSegments("/updates"))
        {
            var serving = new CancellationTokenSource();
            lock (_serving)
            {
                _serving.Add(serving);
            }

            using var ending = serving.Token.Register(context.Abort);
            await next(context);
            return;
        }

        if (LosesAnswers && context.Request.Path.StartsWithSegments("/incrementMedalTally"))
        {
            context.Response.Body = Stream.Null;
            await next(context);
            context.Abort();
            return;
        }

        await next(context);
    }

    private sealed class MemoryStore : ITallyStore
    {
        private readonly TallyTables _tables = new();
        private readonly Lock _gate = new();

        public UpdateLog Updates { get; } = new();

        public ValueTask<TallyRow> ReadAsync(RowKind kind, int index) => new(_tables.Read(kind, index));

        public ValueTask<TallyRow> WriteAsync(TallyWrite write)
        {
            lock (_gate)
            {
                var row = _tables.Apply(write);
                Updates.Add([row]);
                return new(row);
            }
        }

        public ValueTask<BoardState> ReadBoardAsync(CancellationToken cancellationToken) => new(_tables.ToBoard());

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
