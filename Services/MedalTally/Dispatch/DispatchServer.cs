using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Lab.MedalTally.Api;
using Lab.MedalTally.Group;
using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.MedalTally.Dispatch;

/// <summary>
/// Where clients of the two tiers begin: <c>GET /front-end[?lost=N]</c> names one, and every other request of the API is sent on
/// to one (307), so that a browser or <c>curl -L</c> need not know of it.
/// </summary>
internal static class DispatchServer
{
    public static async Task<WebApplication> StartAsync(string[] args)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(args);
        MedalTallyOptions.AddTo(builder.Services);
        ApiListener.AddTo(builder);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, JsonTypeInfoResolver.Combine(ApiJson.Default, GroupJson.Default)));
        builder.Services.AddSingleton<Dispatcher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Dispatcher>());
        builder.Services.AddSingleton<IRuntimeFactor, FrontEndsFactor>();
        builder.Services.AddSingleton<IRuntimeFactor, RouteFactor>();
        var app = builder.BuildLab();
        ApiListener.SeparatePorts(app);
        app.MapGet("/front-end", (Dispatcher dispatcher, int? lost) => dispatcher.Assign(lost) is { } address ? TypedResults.Ok(address) : (IResult)NoneThere());
        app.MapLabDefaults(MapAdmin);
        app.MapFallback((HttpContext context, Dispatcher dispatcher) => dispatcher.Assign(lost: null) is { } address
            ? Results.Redirect(address.Url + context.Request.Path.ToUriComponent() + context.Request.QueryString, permanent: false, preserveMethod: true)
            : NoneThere());
        await app.StartAsync();
        return app;
    }

    private static void MapAdmin(IEndpointRouteBuilder admin)
    {
        admin.MapGet("/front-ends", (Dispatcher dispatcher) => TypedResults.Ok(dispatcher.State()));
        admin.MapPost("/front-ends/{number}/kill", (int number, Dispatcher dispatcher) => dispatcher.Kill(number)
            ? Results.Ok(dispatcher.State())
            : Results.NotFound(new AdminError($"front-end {number} does not run")));
        admin.MapPut("/group", SetGroupAsync);
        admin.MapDelete("/group", (Dispatcher dispatcher, CancellationToken cancellationToken) => dispatcher.SetGroupAsync(null, cancellationToken));
    }

    private static async Task<IResult> SetGroupAsync(GroupSettings settings, Dispatcher dispatcher, CancellationToken cancellationToken)
    {
        if (settings.WhyNot(dispatcher.Count + 1) is { } whyNot)
        {
            return Results.BadRequest(new AdminError(whyNot));
        }

        await dispatcher.SetGroupAsync(settings, cancellationToken);
        return Results.Ok(settings);
    }

    private static ProblemHttpResult NoneThere() =>
        TypedResults.Problem("no front-end runs now; try again", statusCode: StatusCodes.Status503ServiceUnavailable, title: "no front-end");
}

/// <summary>front_ends: how many of them run.</summary>
internal sealed class FrontEndsFactor(Dispatcher dispatcher) : IRuntimeFactor
{
    public string Name => "front_ends";

    public IReadOnlyList<string> Values => [.. Enumerable.Range(1, dispatcher.Most).Select(count => count.ToString(CultureInfo.InvariantCulture))];

    public string Current => dispatcher.Count.ToString(CultureInfo.InvariantCulture);

    public Task SetAsync(string value, CancellationToken cancellationToken) =>
        dispatcher.SetCountAsync(int.Parse(value, CultureInfo.InvariantCulture), cancellationToken);
}

/// <summary>route: whether clients reach front-ends, and they the database server, directly or through links.</summary>
internal sealed class RouteFactor(Dispatcher dispatcher) : IRuntimeFactor
{
    public const string Link = "link";
    public const string Direct = "direct";

    public string Name => "route";

    public IReadOnlyList<string> Values { get; } = [Direct, Link];

    public string Current => dispatcher.IsThroughLinks ? Link : Direct;

    public Task SetAsync(string value, CancellationToken cancellationToken) => dispatcher.SetRouteAsync(value == Link, cancellationToken);
}
