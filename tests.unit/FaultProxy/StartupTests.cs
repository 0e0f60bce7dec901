using System.Net;
using Lab.FaultProxy;
using Lab.FaultProxy.Proxies;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.Tests.Unit.FaultProxy;

/// <summary>What the process is told when it starts.</summary>
public sealed class StartupTests
{
    [Fact]
    public async Task Configured_proxies_listen_when_the_process_is_ready()
    {
        using var upstream = TestUpstream.Echo();
        await using var proxy = await RunningFaultProxy.StartAsync(
            "--FaultProxy:Proxies:0:Name=first",
            "--FaultProxy:Proxies:0:Listen=127.0.0.1:0",
            $"--FaultProxy:Proxies:0:Upstream={upstream.Address}",
            "--FaultProxy:Proxies:1:Name=second",
            $"--FaultProxy:Proxies:1:Upstream={upstream.Address}",
            "--FaultProxy:Proxies:1:Enabled=false");

        var proxies = await proxy.Client.GetProxiesAsync(default);

        Assert.Equal(["first", "second"], proxies.Keys.Order());
        Assert.False(proxies["second"].Enabled);
        using var client = await IPEndPoint.Parse(proxies["first"].Listen).ConnectAsync();
        await client.SendTextAsync("x");
        Assert.Equal("x", await client.ReceiveTextAsync(1));
    }

    [Theory]
    [InlineData("--seed", "-42")]
    [InlineData("--seed=-42")]
    [InlineData("--FaultProxy:Seed=-42")]
    public async Task Seed_is_taken_from_the_configuration(params string[] args)
    {
        await using var proxy = await RunningFaultProxy.StartAsync(args);

        Assert.Equal(-42, SeedOf(proxy));
    }

    [Fact]
    public async Task Without_a_seed_one_is_drawn()
    {
        await using var first = await RunningFaultProxy.StartAsync();
        await using var second = await RunningFaultProxy.StartAsync();

        Assert.NotEqual(SeedOf(first), SeedOf(second));
    }

    [Theory]
    [InlineData("FaultProxy:Proxies: missing required field: name at proxy 1", "--FaultProxy:Proxies:0:Upstream=127.0.0.1:9")]
    [InlineData("FaultProxy:Proxies: missing required field: upstream at proxy 1", "--FaultProxy:Proxies:0:Name=a")]
    [InlineData(
        "FaultProxy:Proxies: listen: address 0.0.0.0:1: a proxy listens on localhost, a loopback or a private IP address",
        "--FaultProxy:Proxies:0:Name=a", "--FaultProxy:Proxies:0:Listen=0.0.0.0:1", "--FaultProxy:Proxies:0:Upstream=127.0.0.1:9")]
    public async Task Proxies_that_cannot_work_stop_the_start_and_say_why(string message, params string[] args)
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningFaultProxy.StartAsync(args));

        Assert.Equal(message, failure.Message);
    }

    [Theory]
    [InlineData("FaultProxy:MaxConnections must be between 1 and 1000000, not 0", "--FaultProxy:MaxConnections=0")]
    [InlineData("FaultProxy:LinkBufferBytes must be between 1 and 1099511627776, not -1", "--FaultProxy:LinkBufferBytes=-1")]
    [InlineData("Service:AdminUrl must be an http URL, not 'nonsense'", "--Service:AdminUrl=nonsense")]
    public async Task Settings_that_cannot_work_stop_the_start_and_say_why(string message, params string[] args)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => RunningFaultProxy.StartAsync(args));

        Assert.Equal(message, failure.Message);
    }

    [Theory]
    [InlineData("unknown option '--sed'; expected --seed, --FaultProxy:SETTING or --Service:SETTING", "--sed", "1")]
    [InlineData("unknown option '--FaultProxy:MaxConnection'; expected --seed, --FaultProxy:SETTING or --Service:SETTING", "--FaultProxy:MaxConnection=5")]
    [InlineData("unknown option '--FaultProxy:Proxies:0:Port'; expected --seed, --FaultProxy:SETTING or --Service:SETTING", "--FaultProxy:Proxies:0:Port=5")]
    [InlineData("unknown argument 'mesure'; expected options such as --seed 42", "mesure", "http://127.0.0.1:1")]
    [InlineData("option '--seed' needs a value", "--seed")]
    public void Arguments_that_nobody_knows_are_refused(string problem, params string[] args) =>
        Assert.Equal(problem, CommandLine.FindProblem(args));

    [Theory]
    [InlineData("--seed", "-42")]
    [InlineData("--seed=-42", "--Service:AdminUrl", "http://127.0.0.1:0")]
    [InlineData("--faultproxy:seed=1", "--FaultProxy:Proxies:3:Listen=127.0.0.1:0")]
    public void Arguments_that_are_known_are_not(params string[] args) => Assert.Null(CommandLine.FindProblem(args));

    [Fact]
    public async Task Seed_that_is_no_number_stops_the_start()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => RunningFaultProxy.StartAsync("--seed", "x"));

        Assert.Contains("'x' at 'FaultProxy:Seed'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_closes_proxies_and_connections()
    {
        using var upstream = TestUpstream.Accepting(out var accepted);
        var proxy = await RunningFaultProxy.StartAsync();
        var address = await proxy.AddProxyAsync("a", upstream.Address);
        using var client = await address.ConnectAsync();
        using var server = await accepted;

        await proxy.DisposeAsync();

        Assert.True(await client.IsOverAsync());
        Assert.True(await server.IsOverAsync());
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(address.ConnectAsync);
    }

    private static long SeedOf(RunningFaultProxy proxy) => proxy.Services.GetRequiredService<ProxyEnvironment>().Seed;
}
