using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Systems.MedalTally;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class MedalTallyClaimTests
{
    [Fact]
    public void Without_the_cells_that_a_claim_speaks_of_nothing_is_said()
    {
        Assert.Empty(MedalTallyClaims.Check([]));
        Assert.Empty(MedalTallyClaims.Check([Cell(10, "single", 1000)]));
        Assert.Empty(MedalTallyClaims.Check([Cell(10, "single", 1000) with { System = "echo" }, Cell(10, "two-tier", 1300) with { System = "echo" }]));
        Assert.Empty(MedalTallyClaims.Check([Cell(10, "single", 1000), Cell(10, "two-tier", 1300) with { Verdict = Verdict.False }]));
    }

    [Fact]
    public void Everything_as_published_is_confirmed()
    {
        var claims = MedalTallyClaims.Check(
        [
            Cell(10, "single", 1000), Cell(10, "two-tier", 1300), FrontEnds(1, 10, 1000, databaseBusy: 0.9), FrontEnds(4, 10, 950, databaseBusy: 0.9),
        ]);

        Assert.Equal([1, 2, 3], claims.Select(claim => claim.Number));
        Assert.Equal(MedalTallyClaims.Count, claims.Count);
        Assert.All(claims, claim => Assert.Equal(ClaimOutcome.Confirmed, claim.Outcome));
        Assert.All(claims, claim => Assert.NotEmpty(claim.Cells));
        Assert.Contains("10 clients 1.30", claims[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1300, ClaimOutcome.Confirmed)]
    [InlineData(1600, ClaimOutcome.Confirmed)]
    [InlineData(1050, ClaimOutcome.Confirmed)]
    [InlineData(1700, ClaimOutcome.Contradicted)]
    [InlineData(3000, ClaimOutcome.Contradicted)]
    [InlineData(700, ClaimOutcome.Contradicted)]
    [InlineData(1001, ClaimOutcome.NotShown)]
    public void A_second_tier_is_held_against_thirty_per_cent(double latencyUs, ClaimOutcome expected)
    {
        var claim = Assert.Single(MedalTallyClaims.Check([Cell(10, "single", 1000), Cell(10, "two-tier", latencyUs)]));
        Assert.Equal((1, expected), (claim.Number, claim.Outcome));
    }

    [Fact]
    public void Only_the_published_mixture_is_held_against_it()
    {
        Assert.Empty(MedalTallyClaims.Check([Cell(10, "single", 1000, "get_score"), Cell(10, "two-tier", 5000, "get_score")]));
        var claim = Assert.Single(MedalTallyClaims.Check(
            [Cell(10, "single", 1000), Cell(10, "two-tier", 1300), Cell(100, "single", 1000), Cell(100, "two-tier", 4000)]));
        Assert.Equal(ClaimOutcome.Mixed, claim.Outcome);
    }

    [Theory]
    [InlineData(980, ClaimOutcome.Confirmed)]
    [InlineData(820, ClaimOutcome.Confirmed)]
    [InlineData(500, ClaimOutcome.Contradicted)]
    [InlineData(2000, ClaimOutcome.Contradicted)]
    public void More_front_ends_are_held_against_one(double latencyUs, ClaimOutcome expected)
    {
        var claim = Assert.Single(MedalTallyClaims.Check([FrontEnds(1, 10, 1000), FrontEnds(4, 10, latencyUs)]), claim => claim.Number == 2);
        Assert.Equal(expected, claim.Outcome);
        Assert.Contains("4 front-ends", claim.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.95, ClaimOutcome.Confirmed)]
    [InlineData(0.3, ClaimOutcome.Contradicted)]
    public void The_bottleneck_is_the_process_that_is_busy(double busy, ClaimOutcome expected)
    {
        var claim = Assert.Single(MedalTallyClaims.Check([FrontEnds(1, 10, 1000, 0.1), FrontEnds(4, 10, 1000, busy)]), claim => claim.Number == 3);
        Assert.Equal(expected, claim.Outcome);
        Assert.Contains(FormattableString.Invariant($"database server {busy:0.00}"), claim.Text, StringComparison.Ordinal);
    }

    private static CellResult Cell(int clients, string tier, double latencyUs, string operation = MedalTallyModule.Mixed) =>
        TestCells.Cell(operation, clients * 1e6 / latencyUs, latencyUs, factors: [("clients", clients), ("tier", tier), ("store", "journal"), ("deployment", "local")]) with
        {
            Experiment = "medal-tally",
            System = "medal-tally",
        };

    /// <summary>With so many processors kept busy by the database server.</summary>
    private static CellResult FrontEnds(int count, int clients, double latencyUs, double? databaseBusy = null)
    {
        var cell = Cell(clients, "two-tier", latencyUs);
        var seconds = cell.Operations / cell.Throughput!.Mean;
        return cell with
        {
            Group = "front-ends",
            Factors = new Dictionary<string, object>(cell.Factors, StringComparer.Ordinal) { ["front_ends"] = (long)count },
            Processes = databaseBusy is { } busy
                ? [new ProcessUsage("medal-tally-database", busy * seconds, 1) { Role = MedalTallyClaims.DatabaseRole }, new ProcessUsage("front-end-1", 0.2 * seconds, 1) { Role = MedalTallyClaims.FrontEndRole }]
                : [],
        };
    }
}
