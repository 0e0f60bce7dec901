using System.Text.Json;
using Lab.Harness.Experiments;
using Lab.Harness.Systems;

namespace Lab.Tests.Unit.Experiments;

public class PlannerTests
{
    private static readonly Planner Planner = new(ExperimentSamples.Catalog);

    [Fact]
    public void A_matrix_becomes_all_its_combinations_with_the_last_factor_changing_fastest()
    {
        var cells = Planner.Cells(ExperimentSamples.Load(ExperimentSamples.Valid), "full");

        Assert.Equal(
            [
                "search_items sellers=1 buyers=1 engine=threads cache=off",
                "search_items sellers=1 buyers=1 engine=async cache=off",
                "search_items sellers=10 buyers=20 engine=threads cache=off",
                "search_items sellers=10 buyers=20 engine=async cache=off",
                "get_seller_rating sellers=1 buyers=1 engine=threads cache=off",
                "get_seller_rating sellers=1 buyers=1 engine=async cache=off",
                "get_seller_rating sellers=10 buyers=20 engine=threads cache=off",
                "get_seller_rating sellers=10 buyers=20 engine=async cache=off",
                "tcp_round_trip clients=1",
                "tcp_round_trip clients=100",
            ],
            cells.Select(cell => cell.ToString()));
    }

    [Fact]
    public void A_preset_runs_the_cells_that_match_any_of_its_selections_and_skips_groups_without_it()
    {
        var cells = Planner.Cells(ExperimentSamples.Load(ExperimentSamples.Valid), "quick");

        Assert.Equal(
            [
                "search_items sellers=1 buyers=1 engine=async cache=off",
                "search_items sellers=10 buyers=20 engine=threads cache=off",
                "search_items sellers=10 buyers=20 engine=async cache=off",
                "get_seller_rating sellers=1 buyers=1 engine=async cache=off",
                "get_seller_rating sellers=10 buyers=20 engine=threads cache=off",
                "get_seller_rating sellers=10 buyers=20 engine=async cache=off",
            ],
            cells.Select(cell => cell.ToString()));
    }

    [Fact]
    public void A_cell_has_everything_resolved()
    {
        var experiment = ExperimentSamples.Load(ExperimentSamples.Valid);

        var first = Planner.Cells(experiment, "full")[0];
        var last = Planner.Cells(experiment, "full")[^1];

        Assert.Equal(("sample", "first", "marketplace", "search_items"), (first.Experiment, first.Group, first.System, first.Operation));
        Assert.Equal((10, 1000), (first.Iterations, first.OperationsPerClient));
        Assert.Equal(
            new Dictionary<string, object> { ["sellers"] = 1L, ["buyers"] = 1L, ["engine"] = "threads", ["cache"] = "off" },
            first.Factors);
        Assert.Equal(("second", "calibration", 2, 7), (last.Group, last.System, last.Iterations, last.OperationsPerClient));
        Assert.Equal(100, last.Number("clients"));
        Assert.Null(first.Published);
    }

    [Fact]
    public void Named_experiments_run_in_the_order_in_which_they_were_named_and_once()
    {
        var plan = Planner.Plan(Three(), ["c", "a", "c"], "full");

        Assert.Equal(["c", "a"], plan.Cells.Select(cell => cell.Experiment).Distinct());
        Assert.Equal(20, plan.Cells.Count);
    }

    [Fact]
    public void Without_names_all_experiments_run() =>
        Assert.Equal(["a", "b", "c"], Planner.Plan(Three(), [], "full").Groups.Select(group => group.Experiment).Distinct());

    [Fact]
    public void A_plan_knows_how_much_each_group_asks_for() =>
        Assert.Equal(
            [new PlannedGroup("a", "first", 8, 80), new PlannedGroup("a", "second", 2, 4)],
            Planner.Plan(Three(), ["a"], "full").Groups);

    [Fact]
    public void An_unknown_experiment_is_refused_with_those_that_exist() =>
        Assert.Equal(
            "unknown experiment 'marketplce'; did you mean 'marketplace'? known: echo, marketplace, medal-tally, trading-post",
            Assert.Throws<UnknownNameException>(() => Planner.Plan(ExperimentSamples.Shipped.Experiments, ["marketplce"], "quick")).Message);

    [Fact]
    public void An_unknown_preset_is_refused_with_those_that_exist() =>
        Assert.Equal(
            "unknown preset 'qick'; did you mean 'quick'? known: full, quick",
            Assert.Throws<UnknownNameException>(() => Planner.Plan(ExperimentSamples.Shipped.Experiments, [], "qick")).Message);

    [Fact]
    public void An_experiment_that_was_named_is_not_left_out_silently()
    {
        IReadOnlyList<Experiment> experiments = [.. Three(), WithoutQuick("d")];

        var refusal = Assert.Throws<UnknownNameException>(() => Planner.Plan(experiments, ["a", "d"], "quick"));

        Assert.Equal("experiment 'd' has no preset 'quick'; known: full", refusal.Message);
        Assert.DoesNotContain(Planner.Plan(experiments, [], "quick").Cells, cell => cell.Experiment == "d");
    }

    [Fact]
    public void The_overview_counts_the_cells_of_each_preset()
    {
        var overview = Assert.Single(Planner.Overview([ExperimentSamples.Load(ExperimentSamples.Valid)]));

        Assert.Equal(("sample", "A sample"), (overview.Name, overview.Title));
        Assert.Equal([new PresetSize("full", 10), new PresetSize("quick", 6)], overview.Presets);
    }

    [Fact]
    public void The_same_files_give_the_same_plan_to_the_letter()
    {
        string Plan() => Planner.Plan(ExperimentFolder.Load(ExperimentSamples.Folder, ExperimentSamples.AbleMachine, SystemModules.Default).Experiments, [], "full").ToJson();

        Assert.Equal(Plan(), Plan());
    }

    [Fact]
    public void A_plan_is_written_as_json_with_all_cells_in_order()
    {
        var plan = Planner.Plan(ExperimentSamples.Shipped.Experiments, ["marketplace"], "quick");

        using var json = JsonDocument.Parse(plan.ToJson());

        Assert.Equal("quick", json.RootElement.GetProperty("preset").GetString());
        var cells = json.RootElement.GetProperty("cells").EnumerateArray().ToList();
        Assert.Equal(plan.Cells.Count, cells.Count);
        const string expected = """
            {"experiment":"marketplace","group":"clients","system":"marketplace","operation":"get_seller_rating",
            "factors":{"sellers":1,"buyers":1,"engine":"async","cache":"off","deployment":"local","items_per_seller":10},
            "iterations":3,"operationsPerClient":2000,"errorsAtMost":0,
            "published":{"latency_us":1699,"throughput_ops":629.139,
            "source":"marketplace report, experiment 1 (average of 10 iterations)",
            "metrics":{},"latency_low_us":null,"latency_high_us":null}}
            """;
        Assert.Equal(expected.ReplaceLineEndings(""), JsonSerializer.Serialize(cells[0]));
    }

    private static IReadOnlyList<Experiment> Three() =>
        [.. "abc".Select(name => ExperimentSamples.Load(ExperimentSamples.Valid) with { Name = name.ToString() })];

    private static Experiment WithoutQuick(string name)
    {
        var experiment = ExperimentSamples.Load(ExperimentSamples.Valid);
        return experiment with { Name = name, Groups = [experiment.Groups[1]] };
    }
}
