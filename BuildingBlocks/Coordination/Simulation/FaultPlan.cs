namespace Lab.Coordination.Simulation;

/// <summary>How much goes wrong, for plans made at random.</summary>
public sealed record FaultRates
{
    /// <summary>Crashes per simulated second, of all nodes together.</summary>
    public double CrashesPerSecond { get; init; } = 1;

    /// <summary>Of crashes, these (0 to 1) lose the disk.</summary>
    public double DiskLossChance { get; init; }

    /// <summary>A node is down for up to this long.</summary>
    public long MaxDownUs { get; init; } = 1_000_000;

    public double PausesPerSecond { get; init; } = 1;

    public long MaxPauseUs { get; init; } = 500_000;

    public double PartitionsPerSecond { get; init; } = 1;

    public long MaxPartitionUs { get; init; } = 1_000_000;

    /// <summary>All faults are over then; nodes that are down are started again.</summary>
    public required long UntilUs { get; init; }
}

/// <summary>Faults of one run, known beforehand.</summary>
public static class FaultPlan
{
    /// <summary>A plan at random: the same for the same seed, nodes and rates.</summary>
    public static IReadOnlyList<Fault> Random(int seed, IReadOnlyList<int> nodes, FaultRates rates)
    {
        var random = new Random(unchecked((seed * 31) + 7));
        List<Fault> faults = [];
        foreach (var at in Times(random, rates.CrashesPerSecond, rates.UntilUs))
        {
            var kind = random.NextDouble() < rates.DiskLossChance ? FaultKind.CrashWithDisk : FaultKind.Crash;
            faults.Add(new Fault(kind, at, Lasting(random, at, rates.MaxDownUs, rates.UntilUs), [One(random, nodes)]));
        }

        foreach (var at in Times(random, rates.PausesPerSecond, rates.UntilUs))
        {
            faults.Add(new Fault(FaultKind.Pause, at, Lasting(random, at, rates.MaxPauseUs, rates.UntilUs), [One(random, nodes)]));
        }

        foreach (var at in Times(random, rates.PartitionsPerSecond, rates.UntilUs))
        {
            faults.Add(Partition(random, nodes, at, Lasting(random, at, rates.MaxPartitionUs, rates.UntilUs)));
        }

        return [.. faults.OrderBy(fault => fault.AtUs)];
    }

    /// <summary>Two nodes, one node and all others, or two groups.</summary>
    private static Fault Partition(Random random, IReadOnlyList<int> nodes, long atUs, long forUs)
    {
        var shuffled = nodes.ToArray();
        random.Shuffle(shuffled);
        var (left, right) = random.Next(3) switch
        {
            0 => (1, 1),
            1 => (1, nodes.Count - 1),
            _ => (nodes.Count / 2, nodes.Count - (nodes.Count / 2)),
        };
        var kind = random.Next(2) == 0 ? FaultKind.Partition : FaultKind.OneWayPartition;
        return new Fault(kind, atUs, forUs, shuffled[..left], shuffled[left..(left + right)]);
    }

    /// <summary>At random, independently of each other: the pauses between them are distributed exponentially.</summary>
    private static IEnumerable<long> Times(Random random, double perSecond, long untilUs)
    {
        if (perSecond <= 0)
        {
            yield break;
        }

        for (var at = Next(); at < untilUs; at += Next())
        {
            yield return at;
        }

        long Next() => 1 + (long)(-Math.Log(1 - random.NextDouble()) * 1e6 / perSecond);
    }

    private static long Lasting(Random random, long atUs, long maxUs, long untilUs) => Math.Min(untilUs - atUs, random.NextInt64(1, maxUs + 1));

    private static int One(Random random, IReadOnlyList<int> nodes) => nodes[random.Next(nodes.Count)];
}
