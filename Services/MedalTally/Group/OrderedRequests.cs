using System.Globalization;
using System.Security.Cryptography;
using Lab.MedalTally.Api;
using Lab.MedalTally.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.MedalTally.Group;

/// <summary>
/// While a group orders requests, each one of a front-end gets a place in the order before it is done, and its answer says which
/// (<c>Place</c>). Every 100th enters its sender, as it calls itself in <c>Client</c>, into the raffle: <c>GET /raffle</c> shows it,
/// <c>POST /raffle/draw</c> draws, for the announcer alone. <c>GET /group</c> is how the front-end sees the group.
/// </summary>
internal static class OrderedRequests
{
    public const string ClientHeader = "Client";
    public const string PlaceHeader = "Place";

    public static void Use(WebApplication app)
    {
        var host = app.Services.GetRequiredService<GroupHost>();
        app.Use((context, next) => host.Member is { Settings.Order: not RequestOrder.None } member && IsOrdered(context.Request.Path)
            ? OrderAsync(member, context, next)
            : next(context));
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/group", GetAsync).WithSummary("The group of front-ends and database server, as this front-end sees it.");
        routes.MapGet("/raffle", GetRaffleAsync).WithSummary("Who is in the raffle, and who has won the latest draw.");
        routes.MapPost("/raffle/draw", DrawAsync).WithSummary("Draws a winner: the same at every front-end.");
        routes.MapGet("/group/trace", GroupCalls.TraceAsync).WithSummary("What happened to this front-end since a trace was begun: messages, deliveries, steps of its clock.")
            .Produces<IReadOnlyList<GroupEvent>>();
        routes.MapPost("/group/trace", async (HttpRequest request, GroupHost host, TallySecrets secrets) =>
            secrets.IsAnnouncerOf(request) ? await GroupCalls.BeginTraceAsync(host) : TypedResults.Unauthorized()).ExcludeFromDescription();
        routes.MapPost("/group/order", async (OrderingOrder order, HttpRequest request, GroupHost host, TallySecrets secrets) => secrets.IsAnnouncerOf(request)
            ? await GroupCalls.MeasureAsync(order, host)
            : TypedResults.Unauthorized()).ExcludeFromDescription();
    }

    /// <summary>Routes do not tell capital letters from small ones.</summary>
    private static bool IsOrdered(PathString path) =>
        path.StartsWithSegments("/getMedalTally", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/getScore", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments("/incrementMedalTally", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/setScore", StringComparison.OrdinalIgnoreCase);

    private static async Task OrderAsync(GroupMember member, HttpContext context, RequestDelegate next)
    {
        var client = context.Request.Headers[ClientHeader].ToString();
        try
        {
            var place = await member.OrderAsync(Raffle.RequestOf(client.Length > 0 ? client : context.Connection.Id));
            context.Response.Headers[PlaceHeader] = place.ToString(CultureInfo.InvariantCulture);
        }
        catch (StoreException exception)
        {
            // It was not done: the order comes first.
            await TallyApi.Unavailable("the request has no place in the order", exception.Message, isOutcomeUnknown: false).ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    private static async Task<Results<Ok<GroupState>, ProblemHttpResult>> GetAsync(GroupHost host) =>
        await host.StateAsync() is { } state ? TypedResults.Ok(state) : NoGroup();

    private static async Task<Results<Ok<RaffleView>, ProblemHttpResult>> GetRaffleAsync(GroupHost host) =>
        await host.StateAsync() is { } state ? TypedResults.Ok(RaffleView.Of(state)) : NoGroup();

    private static async Task<Results<Ok<RaffleView>, UnauthorizedHttpResult, ProblemHttpResult>> DrawAsync(HttpRequest request, GroupHost host, TallySecrets secrets)
    {
        if (!secrets.IsAnnouncerOf(request))
        {
            return TypedResults.Unauthorized();
        }

        if (host.Member is not { } member)
        {
            return NoGroup();
        }

        try
        {
            await member.OrderAsync(Raffle.DrawOf(BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)))));
            return TypedResults.Ok(RaffleView.Of(await member.StateAsync()));
        }
        catch (StoreException exception)
        {
            return TallyApi.Unavailable("the draw has no place in the order", exception.Message, exception.IsOutcomeUnknown);
        }
    }

    private static ProblemHttpResult NoGroup() => TypedResults.Problem("no group is open", statusCode: StatusCodes.Status404NotFound, title: "no group");
}

/// <summary>The raffle as a front-end shows it.</summary>
/// <param name="Place">Of the latest message of the order.</param>
/// <param name="Requests">That have been ordered.</param>
/// <param name="Entries">Who is in it.</param>
/// <param name="Winner">Of the latest draw; null: there was none.</param>
public sealed record RaffleView(long Place, long Requests, IReadOnlyList<RaffleEntry> Entries, RaffleEntry? Winner)
{
    internal static RaffleView Of(GroupState state) => new(state.Place, state.Requests, state.Entries, state.Winner);
}
