using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems;

namespace Lab.Tests.Unit.Experiments;

/// <summary>Limits and isolation: what a file may say of them, and where such cells run.</summary>
public class ContainerFactorsTests
{
    private const string Without = "engine: [threads, async]";

    private static readonly MachineAbilities OnlyProcesses = ExperimentSamples.AbleMachine with { WhyNoContainers = "no containers", WhyNoLimits = "no limits" };

    private static string With(string limits) => ExperimentSamples.With((Without, $"engine: [async]\n      limits: {limits}"), ("- engine: [threads]", "- engine: [async]"));

    [Fact]
    public void Limits_are_a_factor_with_one_spelling_whatever_the_order_of_their_keys()
    {
        var cells = new Planner(ExperimentSamples.Catalog).Cells(ExperimentSamples.Load(With("[none, { memory_mb: 512, cpus: 0.5 }, { cpus: 2, memory_mb: 1024 }]")), "full");

        Assert.Equal(
            ["none", "cpus=0.5 memory_mb=512", "cpus=2 memory_mb=1024"],
            cells.Where(cell => cell.Factors.ContainsKey("limits")).Select(cell => cell.Word("limits", "")).Distinct(StringComparer.Ordinal));
        Assert.Equal([null, 0.5m, 2m], cells.Where(cell => cell.Factors.ContainsKey("limits")).Select(cell => ContainerFactors.LimitsOf(cell)?.Cpus).Distinct());
        Assert.Contains(cells, cell => ContainerFactors.LimitsOf(cell)?.MemoryMb == 1024);
        Assert.Null(ContainerFactors.LimitsOf(cells[^1]));
    }

    [Theory]
    [InlineData("[{ cpus: 0.5 }]", "missing key 'memory_mb'")]
    [InlineData("[{ cpus: 0, memory_mb: 512 }]", "a number from 0.05 to 1024")]
    [InlineData("[{ cpus: 1, memory_mb: 1 }]", "a whole number from 64 to 1048576")]
    [InlineData("[{ cpus: 1, memory_mb: 512, disk: 3 }]", "unknown key 'disk'")]
    [InlineData("[{ cpus: 0.50, memory_mb: 512 }]", "'limits': found 'cpus=0.50 memory_mb=512'")]
    [InlineData("[{ cpus: 1, memory_mb: 512 }, { memory_mb: 512, cpus: 1 }]", "is listed twice")]
    [InlineData("[little]", "expected none, or { cpus: 0.5, memory_mb: 512 }")]
    public void Other_limits_are_refused(string limits, string why) =>
        Assert.Contains(ExperimentSamples.Refusals(With(limits)), refusal => refusal.Contains(why, StringComparison.Ordinal));

    [Fact]
    public void A_mapping_is_no_value_of_another_factor() => Assert.Contains(
        ExperimentSamples.Refusals(ExperimentSamples.With((Without, "engine: [{ cpus: 1, memory_mb: 512 }]"))),
        refusal => refusal.EndsWith("'engine': expected text or a whole number, found a mapping", StringComparison.Ordinal));

    [Fact]
    public void Without_containers_such_cells_are_left_out_with_their_reason()
    {
        var (able, unable) = (Plan(ExperimentSamples.AbleMachine), Plan(OnlyProcesses));

        Assert.Empty(able.LeftOut);
        Assert.Equal(
            [new LeftOutCells("marketplace", 8, "isolation", "no containers"), new LeftOutCells("marketplace", 4, "limits", "no limits")], unable.LeftOut);
        Assert.DoesNotContain(unable.Cells, cell => ContainerFactors.AreStated(cell.Factors));
        Assert.Equal(able.Cells.Count - 12, unable.Cells.Count);

        static Plan Plan(MachineAbilities machine)
        {
            var folder = ExperimentFolder.Load(ExperimentSamples.Folder, machine, SystemModules.Default);
            return new Planner(folder.Catalog).Plan(folder.Experiments, ["marketplace"], "full");
        }
    }

    [Fact]
    public void A_published_figure_stands_beside_no_limited_cell()
    {
        var cells = new Planner(ExperimentSamples.Catalog).Plan(ExperimentSamples.Shipped.Experiments, ["marketplace"], "full").Cells
            .Where(cell => cell.Group == "small-machine").ToList();

        Assert.All(cells, cell => Assert.Equal(ContainerFactors.LimitsOf(cell) is null, cell.Published is not null));
    }

    [Fact]
    public void More_connections_than_ports_to_one_address_are_left_out()
    {
        var folder = ExperimentFolder.Load(ExperimentSamples.Folder, ExperimentSamples.AbleMachine with { PortsToOneAddress = 28_232 }, SystemModules.Default);
        var plan = new Planner(folder.Catalog).Plan(folder.Experiments, ["echo"], "full");

        Assert.Equal("39,800 connections", Assert.Single(plan.LeftOut).Setting);
    }

    [Fact]
    public async Task A_cell_runs_in_the_lab_that_it_names()
    {
        var (containers, processes) = (new NamedScenario("containers"), new NamedScenario("processes"));
        var scenario = new SideBySideScenario(containers, processes);
        var cells = new Planner(ExperimentSamples.Catalog).Plan(ExperimentSamples.Shipped.Experiments, ["marketplace"], "quick").Cells;
        var (inside, beside) = (cells.First(cell => cell.Word("isolation", "") == "container"), cells.First(ContainerFactors.RunsAsProcesses));

        Assert.NotEqual(scenario.PopulationKey(inside), scenario.PopulationKey(beside));
        Assert.Equal("containers", (await Assert.ThrowsAsync<NotSupportedException>(() => scenario.PopulateAsync(inside, CancellationToken.None))).Message);
        Assert.Equal("containers", (await Assert.ThrowsAsync<NotSupportedException>(() => scenario.PopulateAsync(cells[0], CancellationToken.None))).Message);
        Assert.Equal("processes", (await Assert.ThrowsAsync<NotSupportedException>(() => scenario.PopulateAsync(beside, CancellationToken.None))).Message);
    }

    private sealed class NamedScenario(string name) : IScenario
    {
        public string System => "marketplace";

        public int Concurrency(Cell cell) => 1;

        public string PopulationKey(Cell cell) => "same";

        public Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken) => throw new NotSupportedException(name);
    }
}
