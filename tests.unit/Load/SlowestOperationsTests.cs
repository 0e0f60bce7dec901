using Lab.Harness.Load;

namespace Lab.Tests.Unit.Load;

public class SlowestOperationsTests
{
    [Fact]
    public void The_slowest_are_kept_slowest_first()
    {
        var latencies = Enumerable.Range(1, 500).ToArray();
        new Random(1).Shuffle(latencies);
        var slowest = new SlowestOperations();
        foreach (var latency in latencies)
        {
            slowest.Add(new SlowOperation(latency * 10, 0, latency));
        }

        Assert.Equal(Enumerable.Range(0, SlowestOperations.Kept).Select(rank => 500L - rank), slowest.Slowest.Select(operation => operation.LatencyNs));
        Assert.All(slowest.Slowest, operation => Assert.Equal(operation.LatencyNs * 10, operation.RequestId));
    }

    [Fact]
    public void Fewer_operations_than_are_kept_are_all_kept()
    {
        var slowest = new SlowestOperations();
        slowest.Add(new SlowOperation(1, 0, 5));
        slowest.Add(new SlowOperation(2, 0, 5));
        Assert.Equal([1L, 2L], slowest.Slowest.Select(operation => operation.RequestId));
    }
}
