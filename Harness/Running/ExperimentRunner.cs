using System.Diagnostics;
using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Systems;
using Lab.Harness.Verdicts;

namespace Lab.Harness.Running;

/// <summary>
/// Runs the cells of a plan. Cells with as many active clients form a block, as far as their system allows it; the iterations
/// of a block's cells are interleaved, calibration included, so that whatever drifts on the machine hits all of them alike.
/// </summary>
public sealed class ExperimentRunner
{
    private static readonly TimeSpan WarmUpWindow = TimeSpan.FromMilliseconds(150);

    /// <summary>A window ends with its last answer, which thousands of threads may delay by seconds.</summary>
    private static readonly TimeSpan LongestWindow = 2 * WarmUpWindow;

    private readonly IReadOnlyDictionary<string, IScenario> _scenarios;
    private readonly Func<IReadOnlyDictionary<string, int>> _processIds;
    private readonly Action<RunProgress> _report;
    private readonly Func<Cell?, CancellationToken, Task> _limit;
    private readonly Func<CancellationToken, Task> _save;
    private readonly NoiseProbe _probe = new();
    private IReadOnlyList<CellRun> _all = [];

    /// <param name="scenarios">What can be run.</param>
    /// <param name="processIds">Processes of the lab on this machine, as they are now.</param>
    /// <param name="report">Called after every step.</param>
    /// <param name="limit">Limits the services as a cell asks; called before each iteration, and with null after the last.</param>
    /// <param name="save">Called when there are results worth keeping: after a cell's last iteration, and when a block was checked.</param>
    public ExperimentRunner(
        IEnumerable<IScenario> scenarios,
        Func<IReadOnlyDictionary<string, int>> processIds,
        Action<RunProgress> report,
        Func<Cell?, CancellationToken, Task>? limit = null,
        Func<CancellationToken, Task>? save = null)
    {
        _scenarios = scenarios.ToDictionary(scenario => scenario.System, StringComparer.Ordinal);
        _processIds = processIds;
        _report = report;
        _limit = limit ?? ((_, _) => Task.CompletedTask);
        _save = save ?? (_ => Task.CompletedTask);
    }

    /// <summary>
    /// Results so far, in the order of the plan: of all cells when <see cref="RunAsync"/> has returned, before that some of them partial.
    /// </summary>
    public IReadOnlyList<CellResult> Results => [.. _all.Where(run => run.IterationsBehind > 0).Select(run => run.ToResult())];

    /// <summary>An iteration that fails is reported with its reason; the others, and other cells, go on.</summary>
    public async Task RunAsync(Plan plan, CancellationToken cancellationToken)
    {
        _all = [.. plan.Cells.Select(cell => new CellRun(cell))];
        var baseline = _probe.Measure();
        foreach (var block in _all.GroupBy(run => _scenarios[run.Cell.System].Block(run.Cell)).OrderBy(block => block.Min(run => Concurrency(run.Cell))))
        {
            await RunBlockAsync([.. block], baseline, cancellationToken);
        }
    }

    private int Concurrency(Cell cell) => _scenarios[cell.System].Concurrency(cell);

    private async Task RunBlockAsync(IReadOnlyList<CellRun> block, NoiseSample baseline, CancellationToken cancellationToken)
    {
        var populations = new Dictionary<string, IPopulation>(StringComparer.Ordinal);
        try
        {
            await PopulateAsync(block, populations, cancellationToken);

            var order = InOrderOfSwitching(block);
            for (var round = 1; round <= block.Max(run => run.Cell.Iterations); round++)
            {
                // Every second round backwards: none is always the first after another load, and none always the last.
                foreach (var run in (round % 2 == 1 ? order : Enumerable.Reverse(order)).Where(run => !run.IsDone))
                {
                    await RunIterationAsync(run, Population(run, populations), round, baseline, cancellationToken);
                    if (run.IsDone)
                    {
                        await _save(cancellationToken);
                    }
                }
            }

            await _limit(null, cancellationToken);
            await VerifyAsync(block, populations, cancellationToken);
            MachineLimits.Assign(block, Concurrency);
            await _save(cancellationToken);
        }
        finally
        {
            foreach (var population in populations.Values)
            {
                await population.DisposeAsync();
            }
        }
    }

    /// <summary>Within a round, cells that need the same state of the lab follow each other; what costs most is changed least often.</summary>
    private static List<CellRun> InOrderOfSwitching(IReadOnlyList<CellRun> block)
    {
        var factors = block.SelectMany(run => run.Cell.Info.Factors).Where(factor => factor.SwitchCost > 0)
            .DistinctBy(factor => factor.Name).OrderByDescending(factor => factor.SwitchCost);
        return [.. factors.Aggregate(block.OrderBy(_ => 0), (order, factor) => order.ThenBy(run => Convert.ToString(run.Cell.Factors.GetValueOrDefault(factor.Name), CultureInfo.InvariantCulture), StringComparer.Ordinal))];
    }

    private async Task PopulateAsync(
        IReadOnlyList<CellRun> block, Dictionary<string, IPopulation> populations, CancellationToken cancellationToken)
    {
        foreach (var group in block.GroupBy(run => Key(run.Cell)))
        {
            Report("preparing clients and data", group.First().Cell, null);
            try
            {
                populations[group.Key] = await _scenarios[group.First().Cell.System].PopulateAsync(group.First().Cell, cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // A system that cannot be set up fails its cells, not the run.
                Fail(group, $"clients and data could not be set up: {exception.Message}");
            }
        }
    }

    private async Task RunIterationAsync(
        CellRun run, IPopulation population, int round, NoiseSample baseline, CancellationToken cancellationToken)
    {
        LoadOutcome? outcome = null;
        LoadEnd? end = null;
        try
        {
            await _limit(run.Cell, cancellationToken);
            await population.ApplyAsync(run.Cell, cancellationToken);
            var load = population.Load(run.Cell);
            if (load.NeedsWarmUp(run.IterationsSinceFailure + 1))
            {
                run.AddWarmUp(await WarmUpAsync(run.Cell, load, cancellationToken));
            }

            await load.ReadyAsync(cancellationToken);
            var before = _processIds();
            var processes = before.Append(KeyValuePair.Create(ProcessRoles.Harness, Environment.ProcessId)).Concat(load.ProcessIds)
                .Select(process => new ProcessSampler(process.Key, process.Value)).ToList();
            processes.ForEach(process => process.Begin());
            outcome = await load.RunAsync(run.Cell.OperationsPerClient, cancellationToken);
            processes.ForEach(process => process.Sample());
            end = await load.EndAsync(cancellationToken);
            if (Restarted(before, _processIds()) is { } restarted)
            {
                // Its figures are those of a system that was not there all the time; the next iteration may be whole again.
                run.AddFailed($"iteration {round}: {restarted}", outcome, end);
                Report(restarted, run.Cell, null);
                return;
            }

            var usage = processes.Select(process => process.Usage).OfType<ProcessUsage>()
                .Select(process => process with { Role = population.RoleOf(run.Cell, process.Name) });
            run.Add(round, outcome, end, usage, _probe.Measure().Compare(baseline));
            run.AddSlow(await population.ExplainAsync(run.Cell, outcome.Slowest, cancellationToken));
            Report($"iteration {round} of {run.Cell.Iterations}", run.Cell, outcome.ThroughputOps);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The reason goes into the report; the next iteration may work again.
            run.AddFailed($"iteration {round}: {exception.Message}", outcome, end);
            Report($"iteration {round} failed: {exception.Message}", run.Cell, null);
        }
    }

    /// <summary>Which process of the lab ended while it was needed, in words; null: none.</summary>
    private static string? Restarted(IReadOnlyDictionary<string, int> before, IReadOnlyDictionary<string, int> after) => before
        .Where(process => after.TryGetValue(process.Key, out var now) ? now != process.Value : !IsAlive(process.Value))
        .Select(process => after.ContainsKey(process.Key)
            ? $"{process.Key} was restarted meanwhile (process {process.Value} is now {after[process.Key]})"
            : $"{process.Key} ended meanwhile (process {process.Value})")
        .FirstOrDefault();

    /// <summary>A lab that somebody else has started may not answer for a moment.</summary>
    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private async Task<LoadEnd> WarmUpAsync(Cell cell, ILoad load, CancellationToken cancellationToken)
    {
        // As thorough as the measurement: a run of few iterations is not worth a long warm-up.
        var steady = new SteadyState { MaxWindows = Math.Clamp(cell.Iterations * 3, 6, 40) };
        var rates = new List<double>();
        var begun = Stopwatch.GetTimestamp();
        await load.ReadyAsync(cancellationToken);
        do
        {
            var outcome = await load.RunForAsync(WarmUpWindow, cancellationToken);
            rates.Add(outcome.ThroughputOps);
            Report("warming up", cell, outcome.ThroughputOps);
        }
        while (steady.Decide(rates) == WarmUp.Continue && Stopwatch.GetElapsedTime(begun) < steady.MaxWindows * LongestWindow);
        return await load.EndAsync(cancellationToken);
    }

    private async Task VerifyAsync(
        IReadOnlyList<CellRun> block, Dictionary<string, IPopulation> populations, CancellationToken cancellationToken)
    {
        // What was measured before a cell was given up must have been right, too; without a population there is nothing to check.
        foreach (var group in block.Where(run => populations.ContainsKey(Key(run.Cell))).GroupBy(run => Key(run.Cell)))
        {
            Report("checking the invariants", group.First().Cell, null);
            try
            {
                var verdicts = await populations[group.Key].VerifyAsync([.. group.Select(run => run.Cell)], cancellationToken);
                foreach (var run in group)
                {
                    run.Invariants = verdicts[run.Cell];
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                // Measured, but not checked: the verdict stays unknown, with the reason.
                foreach (var run in group)
                {
                    run.Invariants = VerdictResult.Unchecked($"the invariants could not be checked: {exception.Message}");
                }
            }
        }
    }

    private string Key(Cell cell) => $"{cell.System}: {_scenarios[cell.System].PopulationKey(cell)}";

    private IPopulation Population(CellRun run, Dictionary<string, IPopulation> populations) => populations[Key(run.Cell)];

    private void Fail(IEnumerable<CellRun> runs, string reason)
    {
        foreach (var run in runs)
        {
            run.Failure = reason;
            Report(reason, run.Cell, null);
        }
    }

    private void Report(string step, Cell? cell, double? rateOps)
    {
        var done = _all.Sum(run => run.IterationsBehind);
        var total = _all.Sum(run => run.Cell.Iterations);
        _report(new RunProgress(step, cell, done, total, rateOps, EstimateTimeLeft()));
    }

    /// <summary>Every cell's remaining iterations at its last duration; cells that have none yet at the mean of the others.</summary>
    private TimeSpan? EstimateTimeLeft()
    {
        var known = _all.Where(run => run.LastDurationS > 0).ToList();
        if (known.Count == 0)
        {
            return null;
        }

        var meanS = known.Average(run => run.LastDurationS);
        return TimeSpan.FromSeconds(_all.Sum(run =>
            (run.Cell.Iterations - run.IterationsBehind) * (run.LastDurationS > 0 ? run.LastDurationS : meanS)));
    }
}
