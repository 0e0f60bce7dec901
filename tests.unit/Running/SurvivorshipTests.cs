using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Running;
using Lab.Harness.Systems.Calibration;
using static Lab.Tests.Unit.Running.Behaviour;

namespace Lab.Tests.Unit.Running;

/// <summary>What fails is counted and shown; no figure is made of survivors alone without saying so.</summary>
public class SurvivorshipTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_iteration_without_an_answer_does_not_count_and_is_told()
    {
        var cell = await RunAsync(new ScriptedSystem("system", Works, Works, IsDead, Works, Works), ScriptedSystem.Cell("system", 5));

        Assert.Equal((4, 4, 120L), (cell.Iterations, cell.PerIteration.Count, cell.Operations));
        Assert.Equal(cell.PerIteration.Average(iteration => iteration.ThroughputOps), cell.Throughput!.Mean, 6);
        Assert.Equal(cell.PerIteration.Average(iteration => iteration.LatencyUs), cell.Latency!.Mean, 6);
        Assert.Equal("iteration 3: no operation was answered; 30 of 30 operations failed (timeout 30)", Assert.Single(cell.FailedIterations));
        Assert.Equal((30L, 30L), (cell.Errors.Total, cell.Errors.ByKind[ErrorKinds.Timeout]));
        Assert.Equal(Verdict.Unknown, cell.Verdict);
        Assert.Contains(cell.FailedIterations[0], cell.VerdictReason, StringComparison.Ordinal);
        Assert.False(cell.Partial);
    }

    [Fact]
    public async Task An_iteration_that_cannot_run_is_told_and_the_next_one_begins_warm()
    {
        var system = new ScriptedSystem("system", CannotBeSet, Works, Works);
        var cell = await RunAsync(system, ScriptedSystem.Cell("system", 3));

        Assert.Equal((2, Verdict.Unknown), (cell.Iterations, cell.Verdict));
        Assert.Equal("iteration 1: it does not answer", Assert.Single(cell.FailedIterations));
        Assert.Equal([2], system.Warm);
    }

    [Fact]
    public async Task After_three_failed_iterations_in_a_row_a_cell_is_given_up_with_its_figures()
    {
        var cell = await RunAsync(new ScriptedSystem("system", Works, IsDead, CannotBeSet, IsDead, Works), ScriptedSystem.Cell("system", 10));

        Assert.Equal((1, 3, Verdict.Unknown), (cell.Iterations, cell.FailedIterations.Count, cell.Verdict));
        Assert.StartsWith("given up after 3 failed iterations in a row, 4 of 10 iterations tried", cell.VerdictReason, StringComparison.Ordinal);
        Assert.NotNull(cell.Latency);
        Assert.False(cell.Partial);
    }

    [Theory]
    [InlineData(0, Verdict.Unknown)]
    [InlineData(0.3, Verdict.Unknown)]
    [InlineData(0.34, Verdict.True)]
    public async Task Errors_beyond_the_stated_share_make_a_cell_not_true(double atMost, Verdict verdict)
    {
        var cell = await RunAsync(new ScriptedSystem("system", RefusesSome), ScriptedSystem.Cell("system", 2, errorsAtMost: atMost));

        Assert.Equal((2, verdict, atMost), (cell.Iterations, cell.Verdict, cell.Errors.AllowedShare));
        Assert.Equal(60, cell.Operations + cell.Errors.Total);
        Assert.Equal(cell.Errors.Total, cell.PerIteration.Sum(iteration => iteration.Errors));
        Assert.Equal(verdict != Verdict.True, cell.VerdictReason.Contains("operations failed (timeout ", StringComparison.Ordinal));
        Assert.True(cell.Errors.Latency!.Max > 0, "failed operations have times of their own");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_failed_limit_takes_the_comparison_with_it(bool limitFails, bool cellFails)
    {
        var calibration = new ScriptedSystem(CalibrationModule.Name, Works, limitFails ? IsDead : Works);
        var system = new ScriptedSystem("system", Works, cellFails ? IsDead : Works);
        var runner = new ExperimentRunner([calibration, system], () => new Dictionary<string, int>(), _ => { });
        await runner.RunAsync(
            new Plan("test", [
                ScriptedSystem.Cell("system", 2, boundedBy: CalibrationModule.RoundTrip),
                ScriptedSystem.Cell(CalibrationModule.Name, 2, CalibrationModule.RoundTrip)]),
            Token);

        Assert.Equal(limitFails || cellFails, runner.Results[0].Limit is null);
    }

    [Fact]
    public async Task Results_are_handed_over_as_they_come_and_say_that_they_are_not_complete()
    {
        var seen = new List<(bool Partial, int Iterations, Verdict Verdict)>();
        ExperimentRunner runner = null!;
        runner = new ExperimentRunner(
            [new ScriptedSystem("system", Works)],
            () => new Dictionary<string, int>(),
            _ => { },
            save: _ =>
            {
                seen.AddRange(runner.Results.Select(cell => (cell.Partial, cell.Iterations, cell.Verdict)));
                return Task.CompletedTask;
            });
        await runner.RunAsync(new Plan("test", [ScriptedSystem.Cell("system", 2)]), Token);

        Assert.Equal([(true, 2, Verdict.Unknown), (false, 2, Verdict.True)], seen);
    }

    private static async Task<CellResult> RunAsync(ScriptedSystem system, Cell cell)
    {
        var runner = new ExperimentRunner([system], () => new Dictionary<string, int>(), _ => { });
        await runner.RunAsync(new Plan("test", [cell]), Token);
        return Assert.Single(runner.Results);
    }
}
