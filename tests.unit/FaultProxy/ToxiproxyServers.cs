using Lab.FaultProxy.Client;

namespace Lab.Tests.Unit.FaultProxy;

/// <summary>
/// A server that speaks Toxiproxy's API. Tests that must hold for Toxiproxy itself too derive a class for each of the two.
/// </summary>
public abstract class ToxiproxyServer : IAsyncLifetime
{
    /// <returns>Where the API is; it has no proxies.</returns>
    public async Task<Uri> EmptyAsync()
    {
        var url = FindUrl();
        using var client = new ToxiproxyClient(url);
        foreach (var name in (await client.GetProxiesAsync(default)).Keys)
        {
            await client.DeleteProxyAsync(name, default);
        }

        return url;
    }

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    protected abstract Uri FindUrl();
}

public sealed class EmbeddedServer : ToxiproxyServer
{
    private RunningFaultProxy _proxy = null!;

    internal RunningFaultProxy Proxy => _proxy;

    public override async ValueTask InitializeAsync() => _proxy = await RunningFaultProxy.StartAsync();

    public override ValueTask DisposeAsync() => _proxy.DisposeAsync();

    protected override Uri FindUrl() => _proxy.Url;
}

/// <summary>
/// A Toxiproxy that runs on this machine and is used by nobody else: every test deletes all proxies. From 2.7 on: before, the
/// version is not valid JSON, and before 2.6 there is no PATCH.
/// </summary>
public sealed class RealServer : ToxiproxyServer
{
    public const string UrlVariable = "LAB_TOXIPROXY_URL";

    /// <summary>Keeps tests that share the server from running at the same time.</summary>
    public const string Collection = "real Toxiproxy";

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected override Uri FindUrl()
    {
        var url = Environment.GetEnvironmentVariable(UrlVariable);
        Assert.SkipWhen(string.IsNullOrEmpty(url), $"{UrlVariable} does not name a running Toxiproxy");
        return new Uri(url!);
    }
}
