using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.Echo.Connections;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;
using Lab.Transport.Engines;

namespace Lab.Tests.Integration.Echo;

/// <summary>Ten thousand threads leave nothing of two processors to the servers of other tests.</summary>
[CollectionDefinition(nameof(AloneOnTheMachine), DisableParallelization = true)]
public sealed class AloneOnTheMachine;

/// <summary>Ten thousand connections that do nothing, and more connections than there are descriptors.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed partial class ManyConnectionsTests(EchoLab lab) : IClassFixture<EchoLab>
{
    private const int Many = 10_000;
    private const int Descriptors = 280;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Engines => [.. ConnectionEngines.Offered];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Ten_thousand_idle_connections_take_no_processor_time_and_are_all_served(string engine)
    {
        var connections = Math.Min(Many, Math.Min(ConnectionBudget.OfThisProcess().PerProcess, ConnectionEngines.Most(engine)?.Connections ?? Many));
        await using var load = new ConnectionLoad(new ConnectionLoadOptions());
        var opened = await load.OpenAsync(IPEndPoint.Parse(lab.Lab.Endpoints.Services[EchoTopology.Server(engine)].Endpoints[EchoTopology.ClientEndpoint]), connections, Token);
        Assert.Equal((connections, null), (opened.Open, opened.Reason));
        Assert.Empty((await load.RunAsync(1, Token)).Errors);

        // What follows the opening (collections of garbage, compilation of hot methods) is over when nothing more is used.
        var usedS = double.MaxValue;
        for (var attempt = 0; attempt < 10 && usedS > 0.05; attempt++)
        {
            var sampler = new ProcessSampler(engine, lab.Lab.ProcessIds()[EchoTopology.Server(engine)]);
            sampler.Begin();
            await Task.Delay(1000, Token);
            sampler.Sample();
            usedS = sampler.Usage!.CpuS;
        }

        Assert.InRange(usedS, 0, 0.05);
        var outcome = await load.RunAsync(2, Token);
        var closed = await load.CloseAsync(Token);
        Assert.Empty(outcome.Errors.Concat(closed.Errors));
        Assert.Equal(2 * connections, outcome.Latency.Count);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Without_descriptors_a_server_goes_on_and_serves_the_others_later(string engine)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prlimit"), "prlimit (util-linux) is not here");
        using var server = LabProgram.Start("EchoServer", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [$"Echo__Listen__{engine}"] = "127.0.0.1:0",
            ["Service__Name"] = $"exhausted-{engine}",
        });
        await server.WaitForAsync($"{engine} on ");
        var address = IPEndPoint.Parse(Listening().Match(server.Output).Groups["address"].Value);
        var target = new DnsEndPoint(address.Address.ToString(), address.Port);
        using (var first = await RawConnection.OpenAsync(target))
        {
            await EchoAsync(first);
        }

        // What the runtime loads for a first connection, it loads from files: it can no longer when there are no descriptors.
        await Task.Delay(500, Token);
        using (var limiting = Process.Start("/usr/bin/prlimit", ["--pid", server.Pid.ToString(CultureInfo.InvariantCulture), $"--nofile={Descriptors}:{Descriptors}"]))
        {
            await limiting.WaitForExitAsync(Token);
            Assert.Equal(0, limiting.ExitCode);
        }

        // All connect: the kernel takes them into the backlog.
        var connections = new List<RawConnection>();
        for (var number = 0; number < Descriptors + 100; number++)
        {
            connections.Add(await RawConnection.OpenAsync(target));
        }

        await EchoAsync(connections[0]);
        await server.WaitForAsync("connections cannot be accepted now");
        for (var number = 0; number < connections.Count; number++)
        {
            // Each one that goes makes room for one that waits.
            await EchoAsync(connections[number]);
            connections[number].Dispose();
        }

        await server.WaitForAsync("connections are accepted again");
        using var next = await RawConnection.OpenAsync(target);
        await EchoAsync(next);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task After_ten_thousand_that_close_at_once_a_new_one_is_served(string engine)
    {
        var connections = Math.Min(Many, Math.Min(ConnectionBudget.OfThisProcess().PerProcess, ConnectionEngines.Most(engine)?.Connections ?? Many));
        var address = IPEndPoint.Parse(lab.Lab.Endpoints.Services[EchoTopology.Server(engine)].Endpoints[EchoTopology.ClientEndpoint]);
        await using (var load = new ConnectionLoad(new ConnectionLoadOptions()))
        {
            Assert.Equal(connections, (await load.OpenAsync(address, connections, Token)).Open);
        }

        using var next = await RawConnection.OpenAsync(lab.Server(EchoTopology.Server(engine)));
        await EchoAsync(next);
    }

    private static async Task EchoAsync(RawConnection connection)
    {
        var bytes = new byte[64];
        Random.Shared.NextBytes(bytes);
        await connection.SendAsync(bytes);
        Assert.Equal(bytes, await connection.ReceiveAsync(bytes.Length));
    }

    [GeneratedRegex(@" on (?<address>127\.0\.0\.1:\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Listening();
}
