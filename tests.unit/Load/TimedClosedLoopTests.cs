using Lab.Harness.Load;

namespace Lab.Tests.Unit.Load;

public class TimedClosedLoopTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_operation_is_kept_with_its_client_and_its_times_and_failures_are_counted_apart()
    {
        var clients = Enumerable.Range(0, 4).Select(index => new CountingClient(index)).ToList();
        var loop = new TimedClosedLoop(clients);

        var outcome = await loop.RunAsync(50, Token);

        // Every fifth fails.
        Assert.Equal(4 * 40, outcome.Latency.Count);
        Assert.Equal(40, outcome.ErrorLatency!.Count);
        Assert.Equal(40, Assert.Single(outcome.Errors).Value);
        Assert.All(clients, client => Assert.Equal(40, loop.Done.Count(done => done.Client == client.Index)));
        Assert.All(loop.Done.GroupBy(done => done.Client), done => Assert.Equal(done.OrderBy(operation => operation.EndNs), done));
        Assert.All(loop.Done, done => Assert.True(done.DurationNs > 0));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 2)]
    [InlineData(3, 7)]
    public async Task Halfway_is_when_half_of_all_have_ended_also_by_failing(int clients, int operations)
    {
        var clientsOfHalf = Enumerable.Range(0, clients).Select(index => new CountingClient(index)).ToList();
        var loop = new TimedClosedLoop(clientsOfHalf);
        Assert.False(loop.Halfway.IsCompleted);
        await loop.RunAsync(operations, Token);
        await loop.Halfway.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    [Fact]
    public async Task Before_half_of_them_have_ended_it_is_not_halfway()
    {
        using var client = new HeldClient();
        var loop = new TimedClosedLoop([client]);
        var running = loop.RunAsync(10, Token);
        for (var operation = 1; operation <= 10; operation++)
        {
            await client.Begun.WaitAsync(TimeSpan.FromSeconds(30), Token);
            Assert.Equal(operation > 5, loop.Halfway.IsCompleted);
            client.Release();
        }

        await running;
    }

    private sealed class CountingClient(int index) : LoadClient(index)
    {
        private int _operations;

        public override async ValueTask OperateAsync(CancellationToken cancellationToken)
        {
            await Task.Yield();
            if (++_operations % 5 == 0)
            {
                throw new IOException("the fifth");
            }
        }
    }

    /// <summary>Whose operations end when they are released.</summary>
    private sealed class HeldClient() : LoadClient(0), IDisposable
    {
        private readonly SemaphoreSlim _released = new(0);

        public SemaphoreSlim Begun { get; } = new(0);

        public void Release() => _released.Release();

        public void Dispose()
        {
            _released.Dispose();
            Begun.Dispose();
        }

        public override async ValueTask OperateAsync(CancellationToken cancellationToken)
        {
            Begun.Release();
            await _released.WaitAsync(cancellationToken);
        }
    }
}
