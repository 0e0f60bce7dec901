using System.Text.Json;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Proxies;
using Lab.FaultProxy.Toxics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lab.FaultProxy.Api;

/// <summary>
/// The HTTP API of Shopify's Toxiproxy 2.x: paths, bodies, status codes and errors. Like the original it asks for no token
/// and is meant for the machine's own programs only, see <see cref="RefuseBrowsersAsync"/>.
/// </summary>
internal static class ToxiproxyApi
{
    /// <summary>The version of Toxiproxy whose API this is.</summary>
    private const string Version = "2.12.0+lab";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").AddEndpointFilter(RefuseBrowsersAsync);
        api.MapGet("/version", () => Reply(new VersionReply(Version)));
        api.MapGet("/proxies", (ProxyRegistry proxies) =>
            Reply(proxies.All.ToDictionary(proxy => proxy.Name, Describe, StringComparer.Ordinal)));
        api.MapPost("/proxies", CreateAsync);
        api.MapPost("/populate", PopulateAsync);
        api.MapPost("/reset", ResetAsync);

        api.MapGet("/proxies/{name}", (string name, ProxyRegistry proxies) => Reply(Describe(proxies.Find(name))));
        api.MapMethods("/proxies/{name}", ["POST", "PATCH"], UpdateAsync);
        api.MapDelete("/proxies/{name}", DeleteAsync);

        api.MapGet("/proxies/{name}/toxics", (string name, ProxyRegistry proxies) => Reply(Describe(proxies.Find(name)).Toxics));
        api.MapPost("/proxies/{name}/toxics", AddToxicAsync);
        api.MapGet("/proxies/{name}/toxics/{toxic}", (string name, string toxic, ProxyRegistry proxies) =>
            Reply(Describe(proxies.Find(name).Toxics.Find(toxic))));
        api.MapMethods("/proxies/{name}/toxics/{toxic}", ["POST", "PATCH"], UpdateToxicAsync);
        api.MapDelete("/proxies/{name}/toxics/{toxic}", RemoveToxic);
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, ProxyRegistry proxies)
    {
        var input = await ReadAsync<ProxyInput>(request);
        var proxy = await proxies.CreateAsync(input, request.HttpContext.RequestAborted);
        return Reply(Describe(proxy), StatusCodes.Status201Created);
    }

    private static async Task<IResult> PopulateAsync(HttpRequest request, ProxyRegistry registry)
    {
        var inputs = await ReadAsync<List<ProxyInput?>>(request);
        var (proxies, failure) = await registry.PopulateAsync(
            [.. inputs.Select(input => input ?? new ProxyInput())], request.HttpContext.RequestAborted);

        // Toxiproxy writes null for an empty list here, and only here.
        var reply = new PopulateReply(failure?.Message, failure?.StatusCode, proxies.Count == 0 ? null : [.. proxies.Select(Describe)]);
        return Reply(reply, failure?.StatusCode ?? StatusCodes.Status201Created);
    }

    private static async Task<IResult> ResetAsync(HttpContext context, ProxyRegistry proxies)
    {
        await proxies.ResetAsync(context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> UpdateAsync(string name, HttpRequest request, ProxyRegistry proxies)
    {
        proxies.Find(name);
        var input = await ReadAsync<ProxyInput>(request);
        return Reply(Describe(await proxies.UpdateAsync(name, input, request.HttpContext.RequestAborted)));
    }

    private static async Task<IResult> DeleteAsync(string name, HttpContext context, ProxyRegistry proxies)
    {
        await proxies.DeleteAsync(name, context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> AddToxicAsync(string name, HttpRequest request, ProxyRegistry proxies)
    {
        var proxy = proxies.Find(name);
        return Reply(Describe(proxy.Toxics.Add(await ReadAsync<ToxicInput>(request))));
    }

    private static async Task<IResult> UpdateToxicAsync(string name, string toxic, HttpRequest request, ProxyRegistry proxies)
    {
        var proxy = proxies.Find(name);
        proxy.Toxics.Find(toxic);
        return Reply(Describe(proxy.Toxics.Update(toxic, await ReadAsync<ToxicInput>(request))));
    }

    private static IResult RemoveToxic(string name, string toxic, ProxyRegistry proxies)
    {
        proxies.Find(name).Toxics.Remove(toxic);
        return Results.NoContent();
    }

    /// <summary>Whatever its content type says, the body is JSON. A missing one, or null, is not.</summary>
    private static async Task<T> ReadAsync<T>(HttpRequest request)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, ToxiproxyJson.Options, request.HttpContext.RequestAborted)
                ?? throw ApiException.BadBody("null");
        }
        catch (JsonException failure)
        {
            throw ApiException.BadBody(Inputs.Explain(failure, typeof(T)));
        }
    }

    private static IResult Reply<T>(T body, int statusCode = StatusCodes.Status200OK) =>
        Results.Json(body, ToxiproxyJson.Options, contentType: null, statusCode);

    private static Proxy Describe(TcpProxy proxy) => new()
    {
        Name = proxy.Name,
        Listen = proxy.Listen.ToString(),
        Upstream = proxy.Upstream,
        Enabled = proxy.Enabled,
        Toxics = [.. proxy.Toxics.All.OrderBy(toxic => toxic.Stream).Select(Describe)],
    };

    private static Toxic Describe(ToxicEntry toxic) => new()
    {
        Attributes = JsonSerializer.SerializeToElement(toxic.Settings, toxic.Settings.GetType(), ToxiproxyJson.Options)
            .EnumerateObject().ToDictionary(attribute => attribute.Name, attribute => attribute.Value, StringComparer.Ordinal),
        Name = toxic.Name,
        Type = toxic.Type,
        Stream = toxic.Stream,
        Toxicity = toxic.Toxicity,
    };

    /// <summary>
    /// A page in a browser on this machine can send requests here, whatever site it came from. Browsers call themselves
    /// Mozilla, and pages cannot change that: they are refused.
    /// </summary>
    private static ValueTask<object?> RefuseBrowsersAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.Request.Headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal)
            ? throw new ApiException("User agent not allowed", StatusCodes.Status403Forbidden)
            : next(context);
}
