using Lab.Harness.Experiments;
using Lab.Harness.Systems.MedalTally;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Experiments;

public sealed class MedalTallyExperimentTests
{
    private static readonly SystemDescription System = MedalTallyModule.Describe(SampleSystems.Deployments, SampleSystems.Machine);

    private static readonly IReadOnlyList<Cell> Full = new Planner(ExperimentSamples.Catalog).Cells(
        ExperimentSamples.Shipped.Experiments.Single(experiment => experiment.Name == "medal-tally"), "full");

    [Theory]
    [InlineData(true, "single", "front_ends", 2L)]
    [InlineData(false, "single", "front_ends", 1L)]
    [InlineData(false, "two-tier", "front_ends", 16L)]
    [InlineData(false, "two-tier", "store", "mysql")]
    public void What_there_is_not_cannot_be_measured(bool isObstacle, string tier, string factor, object value) =>
        Assert.Equal(isObstacle, System.Obstacle(new Dictionary<string, object>(StringComparer.Ordinal) { ["tier"] = tier, [factor] = value, ["deployment"] = "local" }) is not null);

    [Theory]
    [InlineData("local", false)]
    [InlineData("gcp", true)]
    public void MySql_is_only_measured_near(string deployment, bool isObstacle)
    {
        var factors = new Dictionary<string, object>(StringComparer.Ordinal) { ["tier"] = "single", ["store"] = "mysql", ["deployment"] = deployment };
        Assert.Equal(isObstacle, System.Obstacle(factors) is not null);
        Assert.Null(System.Obstacle(new Dictionary<string, object>(factors, StringComparer.Ordinal) { ["store"] = "journal" }));
    }

    [Fact]
    public void No_shipped_cell_meets_an_obstacle() =>
        Assert.All(Full.Where(cell => cell.System == System.Name), cell => Assert.Null(System.Obstacle(cell.Factors)));

    [Fact]
    public void Whoever_orders_has_clients_only_where_requests_are_ordered()
    {
        Assert.All(Full.Where(cell => cell.Group == "ordered-messages"), cell => Assert.True(MedalTallyModule.IsAmongMembers(cell)));
        Assert.All(Full.Where(cell => cell.Group == "ordered-requests"), cell => Assert.False(MedalTallyModule.IsAmongMembers(cell)));
        Assert.All(Full.Where(cell => cell.Group == "published-table"), cell => Assert.Equal(cell.Word("tier", "") == "two-tier", MedalTallyModule.IsTwoTier(cell)));
    }
}
