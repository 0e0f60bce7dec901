using System.Globalization;
using System.Text.Json;
using Lab.FaultProxy.Client;

namespace Lab.AppHost.Aspire;

/// <summary>
/// Fault proxies with proxies and toxics declared on the resource: Shopify's Toxiproxy, or the lab's own FaultProxy,
/// which is any resource that takes its configuration from the environment.
/// </summary>
internal static class ToxiproxyResourceBuilderExtensions
{
    private const string Api = "admin";

    /// <param name="builder">The app model.</param>
    /// <param name="name">The resource.</param>
    /// <param name="runtime">Docker or Podman.</param>
    /// <param name="api">Where its API listens.</param>
    /// <param name="folder">For its configuration.</param>
    public static IResourceBuilder<ToxiproxyResource> AddToxiproxy(
        this IDistributedApplicationBuilder builder, string name, string runtime, Uri api, string folder)
    {
        var toxiproxy = new ToxiproxyResource(name, runtime, Path.GetFullPath(folder));
        var port = api.Port.ToString(CultureInfo.InvariantCulture);
        return builder.AddResource(toxiproxy)
            .WithArgs("run", "--rm", "--network", "host", "--name", $"lab-{name}-{port}", "--label", $"lab.state={toxiproxy.WorkingDirectory}", "--volume", $"{toxiproxy.ConfigurationFile}:/lab/proxies.json:ro")
            .WithArgs(ToxiproxyResource.Image, "-host", api.Host, "-port", port, "-config", "/lab/proxies.json")
            .WithHttpEndpoint(api.Port, api.Port, name: Api, isProxied: false)
            .WithEndpoint(Api, endpoint => endpoint.TargetHost = api.Host)
            .WithHttpHealthCheck("/version", endpointName: Api)
            .OnBeforeResourceStarted(async (resource, started, cancellationToken) => await File.WriteAllTextAsync(
                resource.ConfigurationFile, JsonSerializer.Serialize(await ProxiesAsync(resource, cancellationToken)), cancellationToken));
    }

    /// <summary>Tells FaultProxy its proxies.</summary>
    public static IResourceBuilder<T> WithProxiesInEnvironment<T>(this IResourceBuilder<T> builder)
        where T : IResourceWithEnvironment => builder.WithEnvironment(context =>
    {
        foreach (var (index, proxy) in builder.Resource.Annotations.OfType<ProxyAnnotation>().Index())
        {
            var prefix = FormattableString.Invariant($"FaultProxy__Proxies__{index}__");
            context.EnvironmentVariables[prefix + "Name"] = proxy.Name;
            context.EnvironmentVariables[prefix + "Listen"] = proxy.Listen;
            context.EnvironmentVariables[prefix + "Upstream"] = proxy.Upstream;
        }
    });

    /// <summary>Declares a listener.</summary>
    public static IResourceBuilder<T> WithProxy<T>(
        this IResourceBuilder<T> builder, string name, ReferenceExpression listen, ReferenceExpression upstream)
        where T : IResourceWithEndpoints => builder.WithAnnotation(new ProxyAnnotation(name, listen, upstream));

    /// <summary>Declares a fault; it is there when whoever waits for the fault proxy starts.</summary>
    public static IResourceBuilder<T> WithToxic<T>(this IResourceBuilder<T> builder, string proxy, ToxicSpec toxic)
        where T : IResourceWithEndpoints => builder.WithAnnotation(new ToxicAnnotation(proxy, toxic));

    /// <summary>Puts the declared toxics in place whenever the fault proxy has become healthy.</summary>
    /// <param name="builder">The fault proxy.</param>
    /// <param name="api">Where its API listens.</param>
    public static IResourceBuilder<T> ApplyToxics<T>(this IResourceBuilder<T> builder, Uri api)
        where T : IResource => builder.OnResourceReady(async (resource, _, cancellationToken) =>
    {
        using var client = new ToxiproxyClient(api);
        foreach (var (proxy, toxic) in resource.Annotations.OfType<ToxicAnnotation>())
        {
            await client.AddToxicAsync(proxy, toxic, cancellationToken);
        }
    });

    /// <summary>Toxiproxy's configuration file: proxies as its API shows them.</summary>
    private static async Task<IReadOnlyList<object>> ProxiesAsync(ToxiproxyResource resource, CancellationToken cancellationToken)
    {
        var proxies = new List<object>();
        foreach (var proxy in resource.Annotations.OfType<ProxyAnnotation>())
        {
            proxies.Add(new
            {
                name = proxy.Name,
                listen = await proxy.Listen.GetValueAsync(cancellationToken),
                upstream = await proxy.Upstream.GetValueAsync(cancellationToken),
                enabled = true,
            });
        }

        return proxies;
    }
}
