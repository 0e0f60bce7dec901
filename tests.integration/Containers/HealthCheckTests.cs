using Lab.LocalHost.Containers;

namespace Lab.Tests.Integration.Containers;

/// <summary>
/// Whoever runs an image of the lab with its health check on is told its health by the engine: each image by itself,
/// confined as the lab confines it, without any network but its own loopback.
/// </summary>
public sealed class HealthCheckTests : IAsyncDisposable
{
    private const string Healthy = "healthy";
    private const string Unhealthy = "unhealthy";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _containers = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers)
        {
            await Engine.RunAsync("rm", "--force", "--volumes", container);
        }
    }

    [Theory]
    [InlineData("mysql", "MARIADB_ROOT_PASSWORD=it's")]
    [InlineData("redis", "")]
    [InlineData("EchoServer", "")]
    [InlineData("FaultProxy", "")]
    [InlineData("TradingPost", "TradingPost__Peers__0=127.0.0.1:7001 TradingPost__Peers__1=127.0.0.1:7002", "serve")]
    public async Task A_server_that_works_is_healthy(string image, string settings, params string[] arguments)
    {
        var container = await RunAsync(image, ["--network", "none", .. Variables(settings.Split(' '))], arguments);
        await BecomesAsync(Healthy, container);
    }

    [Fact]
    public async Task A_marketplace_with_its_database_and_sessions_is_healthy()
    {
        const string Password = "of-this-test";
        var mysql = await RunAsync("mysql", ["--network", "none", .. Variables($"MARIADB_ROOT_PASSWORD={Password}")]);
        string[] beside = ["--network", $"container:{mysql}"];
        await BecomesAsync(Healthy, mysql);
        await BecomesAsync(Healthy, await RunAsync("redis", beside));
        var settings = Variables(
            $"ConnectionStrings__mysql=Server=127.0.0.1;User ID=root;Password={Password};SslMode=None", "ConnectionStrings__redis=127.0.0.1:6379");
        await BecomesAsync(Healthy, await RunAsync("Marketplace", [.. beside, .. settings], "serve", "seller"));
    }

    /// <summary>A check that is content with anything would pass the other tests, too. All services share one check.</summary>
    [Theory]
    [InlineData("mysql")]
    [InlineData("redis")]
    [InlineData("EchoServer")]
    public async Task Where_no_server_answers_it_is_unhealthy(string image) => await BecomesAsync(
        Unhealthy,
        await RunAsync(image, ["--network", "none", "--health-start-period", "1s", "--health-retries", "1", "--entrypoint", "sleep"], "infinity"));

    /// <summary>In the background; removed after the test.</summary>
    private async Task<string> RunAsync(string name, IReadOnlyList<string> options, params IReadOnlyList<string> arguments)
    {
        await Engine.NeededAsync();
        var image = (await Engine.ImagesAsync(name))[name];
        Assert.SkipUnless(image.StartsWith("lab/", StringComparison.Ordinal), $"{image} is not made by the lab, and has no health check");
        // The name is known before the container is there, so that one that does not start is removed, too.
        var container = "lab-test-health-" + Guid.NewGuid().ToString("N")[..8];
        _containers.Add(container);
        await Engine.RunAsync(
            ["run", "--detach", "--init", "--name", container, "--health-interval", "1s", .. Container.Confinement, .. options, image, .. arguments]);
        return container;
    }

    /// <summary>By the engine's own word. One that is unhealthy may only be slow, but one that has ended stays so.</summary>
    private static async Task BecomesAsync(string health, string container)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        var now = "";
        while (now != $"running {health}")
        {
            now = await Engine.RunAsync("inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", container);
            // With the engine's word on each of its attempts.
            Assert.True(
                !patience.IsCancellationRequested && now.StartsWith("running", StringComparison.Ordinal),
                $"{now}, not {health}: {await Engine.RunAsync("inspect", "--format", "{{.Config.Image}} {{json .State.Health.Log}}", container)}");
            await Task.Delay(100, Token);
        }
    }

    private static IEnumerable<string> Variables(params IEnumerable<string> settings) =>
        settings.Where(setting => setting.Length > 0).SelectMany(setting => (string[])["--env", setting]);
}
