using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Running;
using Lab.Harness.Systems.TradingPost;
using Lab.Harness.Verdicts;
using Lab.Tests.Unit.Experiments;
using Lab.Topology;
using Lab.TradingPost.Checking;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.Load;

public sealed class TradingPostScenarioTests
{
    private static readonly IReadOnlyList<Cell> Cells = new Planner(ExperimentSamples.Catalog)
        .Cells(ExperimentSamples.Shipped.Experiments.Single(experiment => experiment.Name == "trading-post"), "full");

    private static readonly TradingPostScenario Scenario = new(
        new LabControl(
            LabTopology.For(["trading-post"]),
            new LabEndpoints
            {
                AdminToken = "",
                Services = new Dictionary<string, ServiceEndpoints>(),
                Links = new Dictionary<string, string>(),
                FaultProxyApi = new Uri("http://127.0.0.1:9"),
                Databases = new Dictionary<string, string>(),
            },
            ExperimentSamples.Shipped.Deployments),
        seed: 1);

    [Fact]
    public void The_factors_of_a_cell_are_the_settings_of_its_market()
    {
        var cell = Cell("accounts", "buy", ("accounts", "mysql"));

        Assert.Equal(
            new MarketSettings { Peers = 3, Sellers = 1, Accounts = AccountsKind.MySql, Stock = 10_000 }, Scenario.Market(cell));
        Assert.Equal(Design.AsPublished, Scenario.Market(Cell("published-table", "buy", ("writes", "as-published"))).Writes);
        Assert.Equal(Design.AsPublished, Scenario.Market(Cell("election", "elect_after_kill", ("election", "as-published"))).Election);
        Assert.True(Scenario.Market(Cell("cloud", "buy")).ThroughLinks);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(6, 2)]
    [InlineData(12, 4)]
    public void A_third_of_the_peers_sells(int peers, int sellers) => Assert.All(
        Cells.Where(cell => cell.Number("peers") == peers), cell => Assert.Equal(sellers, Scenario.Market(cell).Sellers));

    /// <summary>As published, a peer notices only when it asks: without anybody who does, nobody would.</summary>
    [Fact]
    public void Peers_ask_the_trader_where_it_may_be_lost_and_only_there() => Assert.All(
        Cells, cell => Assert.Equal(cell.Operation != "buy", Scenario.Market(cell).BuyEveryMs is not null));

    [Fact]
    public void Cells_take_turns_when_they_have_the_same_market_and_only_then()
    {
        var blocks = Cells.GroupBy(Scenario.Block).ToList();

        Assert.All(blocks, block => Assert.Single(block.DistinctBy(Scenario.PopulationKey)));
        Assert.Equal(13, blocks.Count);
        Assert.Equal(
            ["elect_after_kill", "elect_after_stop", "buy_through_change"],
            blocks.Single(block => block.Key == Scenario.Block(Cell("through-a-change", "buy_through_change", ("election", "improved"))))
                .Select(cell => cell.Operation));
    }

    [Fact]
    public void Refusals_and_lost_traders_are_errors_with_a_name()
    {
        Assert.Equal("no_seller", ErrorKinds.Of(new RefusedException(RefusalReason.NoSeller, "nobody has any")));
        Assert.Equal("no_trader", ErrorKinds.Of(new NoTraderException("nobody answered")));
    }

    [Fact]
    public void A_market_without_sales_proves_nothing() =>
        Assert.Equal(Verdict.Unknown, MarketInvariants.Judge(new MarketVerdict([], 0, Counts(sales: 0))).Verdict);

    [Fact]
    public void A_market_that_holds_says_what_was_looked_at() => Assert.Equal(
        VerdictResult.Kept(
            "one trader in each of 3 terms; money and goods of 1,200 sales and 4 deposits add up, in vector order; all 2,400 lines of the "
            + "participants' own ledgers are in the accounts, once"),
        MarketInvariants.Judge(new MarketVerdict([], 0, Counts(sales: 1_200))));

    [Fact]
    public void A_market_that_does_not_hold_tells_the_first_findings() => Assert.Equal(
        VerdictResult.Broken("a; b; c; and 9 more"),
        MarketInvariants.Judge(new MarketVerdict(["a", "b", "c", "d"], 12, Counts(sales: 5))));

    private static MarketCounts Counts(long sales) => new(Terms: 3, Joins: 2, Deposits: 4, Sales: sales, SharedRounds: 0, Spent: 0, Lines: 2_400);

    private static Cell Cell(string group, string operation, params (string Factor, string Value)[] factors) => Cells.First(cell =>
        cell.Group == group && cell.Operation == operation && factors.All(factor => cell.Word(factor.Factor, "") == factor.Value));
}
