using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Systems.Marketplace;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Analysis;

public sealed class ClaimTests
{
    [Fact]
    public void Without_the_cells_that_a_claim_speaks_of_nothing_is_said()
    {
        Assert.Empty(MarketplaceClaims.Check([]));
        Assert.Empty(MarketplaceClaims.Check([TestCells.At(10, 1000, 900)]));
        Assert.Empty(MarketplaceClaims.Check([TestCells.At(1, 1, 1) with { System = "echo" }, TestCells.At(10, 9, 9) with { System = "echo" }]));
    }

    [Fact]
    public void A_report_that_behaves_as_published_is_confirmed()
    {
        var claims = MarketplaceClaims.Check([TestCells.At(1, 600, 1700), TestCells.At(10, 1600, 6500), TestCells.At(100, 1400, 69000)]);

        Assert.Equal([1, 2, 3], claims.Select(claim => claim.Number));
        Assert.All(claims, claim => Assert.Equal(ClaimOutcome.Confirmed, claim.Outcome));
        Assert.Contains("1 ÷ 1.70 ms = 588/s", claims[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Throughput_that_rises_to_a_hundred_clients_contradicts_the_peak_at_ten()
    {
        var claims = MarketplaceClaims.Check([TestCells.At(1, 600, 1700), TestCells.At(10, 1600, 6500), TestCells.At(100, 9000, 11000)]);

        Assert.Equal(ClaimOutcome.Contradicted, claims.Single(claim => claim.Number == 2).Outcome);
        Assert.Equal(ClaimOutcome.Contradicted, claims.Single(claim => claim.Number == 3).Outcome);
        Assert.Contains("5.63×", claims.Single(claim => claim.Number == 2).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Overlapping_intervals_neither_confirm_nor_contradict()
    {
        var claims = MarketplaceClaims.Check([TestCells.At(10, 1600, 6500), TestCells.At(100, 1590, 65000)]);

        Assert.Equal(ClaimOutcome.NotShown, Assert.Single(claims).Outcome);
    }

    [Fact]
    public void An_engine_without_threads_puts_the_explanation_of_claim_one_to_the_test()
    {
        CellResult[] cells =
        [
            TestCells.At(1, 600, 1700, factors: [("engine", "threads")]),
            TestCells.At(10, 1600, 6500, factors: [("engine", "threads")]),
            TestCells.At(1, 605, 1690, factors: [("engine", "async")]),
            TestCells.At(10, 1700, 6400, factors: [("engine", "async")]),
        ];

        Assert.Contains(
            "holds a single client back is not shown", MarketplaceClaims.Check(cells)[0].Text, StringComparison.Ordinal);

        cells[2] = TestCells.At(1, 900, 1100, factors: [("engine", "async")]);
        Assert.DoesNotContain("holds a single client back", MarketplaceClaims.Check(cells)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_are_compared_with_writes_at_equal_load_and_the_reports_own_figures_are_counted()
    {
        var claim = MarketplaceClaims.Check(
        [
            TestCells.At(1, 5000, 200).WithPublished(893, 1289),
            TestCells.At(1, 3000, 330, "register_item_for_sale").WithPublished(1328, 755),
            TestCells.At(10, 9000, 1100).WithPublished(2455, 4170),
            TestCells.At(10, 9500, 1000, "register_item_for_sale").WithPublished(2313, 4325),
        ]).Single(claim => claim.Number == 4);

        Assert.Equal(ClaimOutcome.Mixed, claim.Outcome);
        Assert.Contains("more throughput than a write in 1 of 2 pairs (opposite: 1)", claim.Text, StringComparison.Ordinal);
        Assert.Contains("In the report's own figures a read has more throughput than a write in 1 of 2 pairs", claim.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(70_000, ClaimOutcome.Confirmed)]
    [InlineData(4_000, ClaimOutcome.Contradicted)]
    public void Proportion_is_judged_by_the_growth_of_the_items(double latencyOfMany, ClaimOutcome expected)
    {
        var claim = Assert.Single(MarketplaceClaims.Check(
        [
            TestCells.At(10, 1000, 100, "display_items_for_sale", factors: [("items_per_seller", 10)]).WithPublished(1692, 5987),
            TestCells.At(10, 1000, latencyOfMany, "display_items_for_sale", group: "items", factors: [("items_per_seller", 7000)])
                .WithPublished(null, 244320),
        ]));

        Assert.Equal(5, claim.Number);
        Assert.Equal(expected, claim.Outcome);
        Assert.Contains("700× the items", claim.Text, StringComparison.Ordinal);
        Assert.Contains("Published: 40.8× (5.99 ms to 244 ms)", claim.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deployment_elsewhere_is_compared_with_the_local_one()
    {
        var claim = Assert.Single(MarketplaceClaims.Check(
        [
            TestCells.At(1, 5000, 200, factors: [("deployment", "local")]),
            TestCells.At(1, 11, 87000, group: "deployment", factors: [("deployment", "gcp")]),
        ]));

        Assert.Equal((6, ClaimOutcome.Confirmed), (claim.Number, claim.Outcome));
        Assert.Contains("86.8 ms", claim.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_with_wrong_answers_prove_nothing() =>
        Assert.Empty(MarketplaceClaims.Check([TestCells.At(1, 600, 1700), TestCells.At(10, 1600, 6500) with { Verdict = Verdict.False }]));
}
