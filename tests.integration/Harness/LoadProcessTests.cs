using System.Diagnostics;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.Echo.Connections;
using Lab.Tests.Unit.Load;

namespace Lab.Tests.Integration.Harness;

/// <summary>More connections than one process may open: a budget of a few stands for a limit of thousands.</summary>
public class LoadProcessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_are_spread_over_processes_that_end_with_the_load()
    {
        await using var server = new TinyEchoServer();
        var load = new ConnectionLoad(new ConnectionLoadOptions { Budget = new ConnectionBudget(25) });
        var opened = await load.OpenAsync(server.Endpoint, 50, Token);
        var processes = load.ProcessIds.Select(Process.GetProcessById).ToList();
        var warm = await load.RunForAsync(TimeSpan.FromMilliseconds(1), Token);
        var outcome = await load.RunAsync(20, Token);
        var closed = await load.CloseAsync(Token);
        await load.DisposeAsync();

        Assert.Equal((50, 2), (opened.Open, processes.Count));
        Assert.Empty(opened.Errors.Concat(warm.Errors).Concat(outcome.Errors).Concat(closed.Errors));
        Assert.Equal(50 * 20, outcome.Latency.Count);
        Assert.True(outcome.DurationS > 0 && outcome.Latency.MinNs > 0);
        Assert.Equal(Enumerable.Range(0, 50).Select(number => (long)number), closed.Connections.Select(connection => connection.Number));
        Assert.Equal(outcome.Latency.Count + warm.Latency.Count, closed.Connections.Sum(connection => connection.Requests));
        Assert.All(processes, process => Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10))));
    }

    [Fact]
    public async Task Errors_are_merged_and_a_load_process_that_dies_fails_the_run_with_its_reason()
    {
        await using var server = new TinyEchoServer(async (socket, number, bytes, token) =>
        {
            var reply = bytes.ToArray();
            reply[0] ^= 1;
            return await TinyEchoServer.EchoAsync(socket, number, reply, token);
        });
        await using var load = new ConnectionLoad(new ConnectionLoadOptions { Budget = new ConnectionBudget(3) });
        await load.OpenAsync(server.Endpoint, 5, Token);
        Assert.Equal([KeyValuePair.Create("wrong_answer", 10L)], (await load.RunAsync(2, Token)).Errors);
        using (var victim = Process.GetProcessById(load.ProcessIds[1]))
        {
            victim.Kill();
            await victim.WaitForExitAsync(Token);
        }

        await Assert.ThrowsAsync<IOException>(() => load.RunAsync(1, Token));
        Assert.Empty(load.ProcessIds);

        // The next iteration has processes of its own.
        Assert.Equal(5, (await load.OpenAsync(server.Endpoint, 5, Token)).Open);
    }
}
