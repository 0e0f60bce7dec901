using Lab.MedalTally.Stores;
using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lab.MedalTally.Group;

/// <summary>
/// What the database server is told of the group through its admin endpoint: <c>PUT|GET|DELETE /admin/group</c>, and
/// <c>POST /admin/group/order</c>, which lets it order messages of its own, <c>POST|GET /admin/group/trace</c>, which begins to note what happens
/// to it, and tells.
/// </summary>
internal static class GroupCalls
{
    private const int DatabaseServer = 0;

    public static void Map(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/group", async (GroupHost host) => await host.StateAsync() is { } state ? Results.Ok(state) : NoGroup());
        admin.MapPut("/group", SetAsync);
        admin.MapDelete("/group", (GroupHost host) => host.SetAsync(null, DatabaseServer));
        admin.MapPost("/group/trace", BeginTraceAsync);
        admin.MapGet("/group/trace", TraceAsync);
        admin.MapPost("/group/order", (OrderingOrder order, GroupHost host) => MeasureAsync(order, host));
    }

    /// <summary>Lets a member order messages of its own.</summary>
    public static async Task<IResult> MeasureAsync(OrderingOrder order, GroupHost host)
    {
        try
        {
            return host.Member is { } member ? Results.Ok(await member.MeasureAsync(order)) : NoGroup();
        }
        catch (StoreException exception)
        {
            return Results.Conflict(new AdminError(exception.Message));
        }
    }

    public static async Task<IResult> BeginTraceAsync(GroupHost host) => host.Member is { } member ? Results.Ok(await member.BeginTraceAsync()) : NoGroup();

    public static async Task<IResult> TraceAsync(GroupHost host) => host.Member is { } member ? Results.Ok(await member.TraceAsync()) : NoGroup();

    private static async Task<IResult> SetAsync(GroupSettings settings, GroupHost host)
    {
        if (settings.WhyNot(host.Most) is { } whyNot)
        {
            return Results.BadRequest(new AdminError(whyNot));
        }

        try
        {
            await host.SetAsync(settings, DatabaseServer);
            return Results.Ok(settings);
        }
        catch (IOException exception)
        {
            return Results.Conflict(new AdminError(exception.Message));
        }
    }

    private static IResult NoGroup() => Results.NotFound(new AdminError("no group is open"));
}
