using Lab.Harness.Load;

namespace Lab.Tests.Unit.Load;

public class WorkloadSeedTests
{
    /// <summary>Written down once: another process, machine or day must draw the same.</summary>
    [Theory]
    [InlineData(1, "search_items", 0, 1359718314)]
    [InlineData(1, "search_items", 1, 1978378077)]
    [InlineData(1, "get_seller_rating", 0, 597773044)]
    [InlineData(7_000_000_000, "search_items", 0, 993648860)]
    public void The_same_seed_draws_the_same_numbers_in_every_process(long seed, string purpose, int client, int first) =>
        Assert.Equal(first, WorkloadSeed.For(seed, purpose, client).Next());
}
