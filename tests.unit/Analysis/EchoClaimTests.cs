using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Systems;
using Lab.Harness.Systems.Echo;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class EchoClaimTests
{
    [Fact]
    public void Without_the_cells_that_a_claim_speaks_of_nothing_is_said()
    {
        Assert.Empty(EchoClaims.Check([]));
        Assert.Empty(EchoClaims.Check([EchoCells.Cell("epoll", 100, 50_000)]));
        Assert.Empty(EchoClaims.Check([TestCells.At(1, 5, 5), TestCells.At(100, 5, 5)]));
        Assert.Empty(TestedClaims.Of([EchoCells.Cell("epoll", 100, 50_000)], SystemModules.Default));
    }

    [Fact]
    public void Every_claim_is_tested_where_everything_was_measured()
    {
        var tested = Assert.Single(TestedClaims.Of(EchoCells.Full().Cells, SystemModules.Default));

        Assert.Equal("epoll report", tested.Report);
        Assert.Equal([1, 2, 3, 4, 5], tested.Claims.Select(claim => claim.Number));
        Assert.Empty(tested.Untested);
        Assert.All(tested.Claims, claim => Assert.NotEmpty(claim.Cells));
    }

    [Fact]
    public void Growth_stands_beside_the_growth_that_the_report_prints()
    {
        var claims = EchoClaims.Check([EchoCells.Cell("epoll", 100, 50_000), EchoCells.Cell("epoll", 1000, 50_000)]);

        Assert.Equal([1, 2], claims.Select(claim => claim.Number));
        Assert.All(claims, claim => Assert.Equal(ClaimOutcome.Confirmed, claim.Outcome));
        Assert.Contains("At 1,000 connections: epoll 10.0×; published 9.60×.", claims[0].Text, StringComparison.Ordinal);
        Assert.Contains("At 1,000 connections: epoll 10.0×; published 5.02×.", claims[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50_000, ClaimOutcome.Confirmed)]
    [InlineData(150_000, ClaimOutcome.Contradicted)]
    public void A_straight_line_is_what_the_response_is_held_against(double throughputInTheMiddle, ClaimOutcome expected)
    {
        var claim = EchoClaims.Check(
        [
            EchoCells.Cell("epoll", 100, 50_000), EchoCells.Cell("epoll", 1000, throughputInTheMiddle), EchoCells.Cell("epoll", 4000, 50_000),
            EchoCells.Cell("epoll", 19_900, 5_000),
        ]).Single(claim => claim.Number == 3);

        Assert.Equal(expected, claim.Outcome);
    }

    [Fact]
    public void Lost_connections_confirm_the_report_although_they_break_the_verdict()
    {
        var claim = EchoClaims.Check([EchoCells.Cell("epoll", 4000, 50_000), EchoCells.Cell("threads", 4000, 40_000).Losing(4)])
            .Single(claim => claim.Number == 4);

        Assert.Equal(ClaimOutcome.Mixed, claim.Outcome);
        Assert.Contains("Closed properly, over all iterations: threads at 4,000: 39,996 of 40,000.", claim.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_lost_connection_contradicts_the_report()
    {
        var claim = EchoClaims.Check([EchoCells.Cell("epoll", 4000, 50_000), EchoCells.Cell("epoll", 10_000, 50_000)])
            .Single(claim => claim.Number == 4);

        Assert.Equal(ClaimOutcome.Contradicted, claim.Outcome);
        Assert.Contains("All 140,000 connections of these cells", claim.Text, StringComparison.Ordinal);
        Assert.Contains("up to 10,000 at once", claim.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90_000, ClaimOutcome.Confirmed)]
    [InlineData(60_000, ClaimOutcome.Contradicted)]
    [InlineData(80_500, ClaimOutcome.NotShown)]
    public void Epoll_is_held_against_a_thread_per_connection(double epoll, ClaimOutcome expected)
    {
        var claim = Assert.Single(EchoClaims.Check(
        [
            EchoCells.Cell("threads", 100, 80_000, serverUs: 12), EchoCells.Cell("epoll", 100, epoll, serverUs: 9),
            EchoCells.Held("threads", 1000, 20_480, threads: true), EchoCells.Held("epoll", 1000, 512, threads: false),
        ]));

        Assert.Equal((5, expected), (claim.Number, claim.Outcome));
        Assert.Contains("costs the server 9.00 µs of processor time with epoll, 12.0 µs with threads", claim.Text, StringComparison.Ordinal);
        Assert.Contains("An idle connection costs 512 B with epoll, 20.0 KiB with threads.", claim.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_iteration_decides_nothing_and_hides_nothing()
    {
        CellResult[] repeated = [EchoCells.Cell("epoll", 100, 50_000), EchoCells.Cell("epoll", 1000, 50_000)];
        CellResult[] single = [EchoCells.Cell("epoll", 100, 50_000, iterations: 1), EchoCells.Cell("epoll", 4000, 50_000, iterations: 1)];

        Assert.Equal(ClaimOutcome.Confirmed, EchoClaims.Check([.. repeated, single[1]])[0].Outcome);
        Assert.Equal(ClaimOutcome.NotShown, EchoClaims.Check(single)[0].Outcome);
    }

    [Fact]
    public void Each_report_has_its_own_claims()
    {
        CellResult[] cells = [.. SampleResults.Quick().Cells.Where(cell => cell.System == "marketplace"), .. EchoCells.Full().Cells];

        Assert.Equal(["marketplace report", "epoll report"], TestedClaims.Of(cells, SystemModules.Default).Select(tested => tested.Report));
    }
}
