using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Echo;

/// <summary>Connections that send and never read what comes back, on raw ports.</summary>
public sealed class DeafConnectionTests(EchoLab lab) : IClassFixture<EchoLab>
{
    private const int Connections = 40;
    private const double MostMiB = 200;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Engines => [.. EchoLab.Engines];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task They_cost_bounded_memory_and_another_connection_is_served_meanwhile(string engine)
    {
        var server = lab.Server(EchoTopology.Server(engine));
        var pid = lab.Lab.ProcessIds()[EchoTopology.Server(engine)];
        using var other = await RawConnection.OpenAsync(server);
        await EchoAsync(other);
        var idleMiB = ResidentMemory.OfMiB(pid);
        var deaf = new List<RawConnection>();
        var sending = new List<Task>();
        for (var number = 0; number < Connections; number++)
        {
            // More than the kernel's buffers take: this never ends.
            deaf.Add(await RawConnection.OpenAsync(server));
            sending.Add(deaf[^1].SendAsync(new byte[32 * 1024 * 1024]));
        }

        for (var sample = 0; sample < 30; sample++)
        {
            await EchoAsync(other);
            Assert.InRange(ResidentMemory.OfMiB(pid) - idleMiB, double.MinValue, MostMiB);
            await Task.Delay(100, Token);
        }

        Assert.DoesNotContain(sending, task => task.IsCompletedSuccessfully);
        deaf.ForEach(connection => connection.Reset());
        await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await EchoAsync(other);
    }

    private static async Task EchoAsync(RawConnection connection)
    {
        await connection.SendAsync(new byte[64]);
        await connection.ReceiveAsync(64);
    }
}
