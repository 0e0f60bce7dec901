using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Lab.MedalTally.Group;
using Lab.MedalTally.Stores;
using Lab.MedalTally.Tables;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.MedalTally.Api;

/// <summary>
/// The medal tally as clients see it, over HTTP: <c>GET /getMedalTally/{team}</c>, <c>GET /getScore/{event}</c>, <c>GET /board</c>,
/// and for the announcer alone <c>POST /incrementMedalTally/{team}/{medal}</c> and <c>PUT /setScore/{event}/{rome}/{gaul}</c>;
/// <c>GET /updates</c> pushes (<see cref="UpdateStream"/>). <c>GET /openapi/v1.json</c> describes it all.
/// </summary>
internal static class TallyApi
{
    public const long MostPoints = 1_000_000_000;

    public static void AddTo(IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, JsonTypeInfoResolver.Combine(ApiJson.Default, GroupJson.Default));
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        });
        services.AddOpenApi(options =>
        {
            options.ShouldInclude = description => !ApiListener.IsAdmin($"/{description.RelativePath}");
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "Medal tally";
                document.Info.Description = "Medals of teams and scores of events. Writes want the announcer's secret as a bearer token.";
                return Task.CompletedTask;
            });
        });
        services.AddSingleton<UpdateStream>();
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/getMedalTally/{team}", GetMedalTallyAsync).Answers<TeamMedals>("The medals of a team.", StatusCodes.Status404NotFound);
        routes.MapGet("/getScore/{event}", GetScoreAsync).Answers<EventScore>("The score of an event.", StatusCodes.Status404NotFound);
        routes.MapGet("/board", GetBoardAsync).Answers<Board>("Everything.");
        routes.MapPost("/incrementMedalTally/{team}/{medal}", IncrementAsync).Answers<TeamMedals>(
            "Adds a medal: gold, silver or bronze. Durable when it is answered.", StatusCodes.Status401Unauthorized, StatusCodes.Status404NotFound);
        routes.MapPut("/setScore/{event}/{rome}/{gaul}", SetScoreAsync).Answers<EventScore>(
            "Sets the score of an event. Durable when it is answered.",
            StatusCodes.Status400BadRequest,
            StatusCodes.Status401Unauthorized,
            StatusCodes.Status404NotFound);
        routes.MapGet("/updates", (HttpContext context, UpdateStream stream) => stream.Serve(context, @event: null))
            .WithSummary("Pushes every change of the board as a server-sent event.");
        routes.MapGet("/updates/{event}", (string @event, HttpContext context, UpdateStream stream) => stream.Serve(context, @event))
            .WithSummary("Pushes every change of the score of an event as a server-sent event.");
        routes.MapOpenApi();
    }

    public static ProblemHttpResult Unknown(string what, string name, IReadOnlyList<string> known) => TypedResults.Problem(
        $"there is no {what} '{name}'; there are: {string.Join(", ", known)}", statusCode: StatusCodes.Status404NotFound, title: $"unknown {what}");

    private static async Task<IResult> GetMedalTallyAsync(string team, ITallyStore store)
    {
        if (Catalog.Find(Catalog.Teams, team) is not (>= 0 and var index))
        {
            return Unknown("team", team, Catalog.Teams);
        }

        try
        {
            return new JsonAnswer<TeamMedals>(TeamMedals.Of(await store.ReadAsync(RowKind.Team, index)), ApiJson.Default.TeamMedals);
        }
        catch (StoreException exception)
        {
            return Unavailable(exception);
        }
    }

    private static async Task<IResult> GetScoreAsync(string @event, ITallyStore store)
    {
        if (Catalog.Find(Catalog.Events, @event) is not (>= 0 and var index))
        {
            return Unknown("event", @event, Catalog.Events);
        }

        try
        {
            return new JsonAnswer<EventScore>(EventScore.Of(await store.ReadAsync(RowKind.Event, index)), ApiJson.Default.EventScore);
        }
        catch (StoreException exception)
        {
            return Unavailable(exception);
        }
    }

    private static async Task<IResult> GetBoardAsync(ITallyStore store, CancellationToken cancellationToken)
    {
        try
        {
            return new JsonAnswer<Board>(Board.Of(await store.ReadBoardAsync(cancellationToken)), ApiJson.Default.Board);
        }
        catch (StoreException exception)
        {
            return Unavailable(exception);
        }
    }

    private static async Task<IResult> IncrementAsync(
        string team, string medal, HttpRequest request, ITallyStore store, TallySecrets secrets)
    {
        if (!secrets.IsAnnouncerOf(request))
        {
            return TypedResults.Unauthorized();
        }

        if (Catalog.Find(Catalog.Teams, team) is not (>= 0 and var index))
        {
            return Unknown("team", team, Catalog.Teams);
        }

        if (Catalog.Find(Catalog.Medals, medal) is not (>= 0 and var which))
        {
            return Unknown("medal", medal, Catalog.Medals);
        }

        try
        {
            return new JsonAnswer<TeamMedals>(TeamMedals.Of(await store.WriteAsync(TallyWrite.Increment(index, (Medal)which))), ApiJson.Default.TeamMedals);
        }
        catch (StoreException exception)
        {
            return Unavailable(exception);
        }
    }

    private static async Task<IResult> SetScoreAsync(
        string @event, string rome, string gaul, HttpRequest request, ITallyStore store, TallySecrets secrets)
    {
        if (!secrets.IsAnnouncerOf(request))
        {
            return TypedResults.Unauthorized();
        }

        if (Catalog.Find(Catalog.Events, @event) is not (>= 0 and var index))
        {
            return Unknown("event", @event, Catalog.Events);
        }

        if (!TryPoints(rome, out var romePoints) || !TryPoints(gaul, out var gaulPoints))
        {
            return TypedResults.Problem(
                FormattableString.Invariant($"points are whole numbers from 0 to {MostPoints}"), statusCode: StatusCodes.Status400BadRequest, title: "no score");
        }

        try
        {
            return new JsonAnswer<EventScore>(EventScore.Of(await store.WriteAsync(TallyWrite.SetScore(index, romePoints, gaulPoints))), ApiJson.Default.EventScore);
        }
        catch (StoreException exception)
        {
            return Unavailable(exception);
        }
    }

    private static bool TryPoints(string text, out long points) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out points) && points <= MostPoints;

    /// <summary>The problem's <c>outcome</c> says whether it was done: <c>not done</c>, or <c>unknown</c>.</summary>
    public static ProblemHttpResult Unavailable(string title, string reason, bool isOutcomeUnknown) => TypedResults.Problem(new ProblemDetails
    {
        Title = title,
        Detail = reason,
        Status = isOutcomeUnknown ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status503ServiceUnavailable,
        Extensions = { ["outcome"] = isOutcomeUnknown ? "unknown" : "not done" },
    });

    private static ProblemHttpResult Unavailable(StoreException exception) =>
        Unavailable("the board cannot be reached", exception.Message, exception.IsOutcomeUnknown);
}
