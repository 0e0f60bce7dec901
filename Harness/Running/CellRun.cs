using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Verdicts;

namespace Lab.Harness.Running;

/// <summary>
/// A cell while it is measured: its iterations so far. One that failed, or in which nothing was answered, does not count, but it is
/// told with its errors, and the cell's verdict is not true: a mean of those that lived would hide the rest.
/// </summary>
internal sealed class CellRun(Cell cell)
{
    /// <summary>After so many failed iterations in a row the cell is given up: each may take a minute of waiting.</summary>
    private const int MostFailedInARow = 3;

    private readonly LatencyHistogram _latency = new();
    private readonly LatencyHistogram _errorLatency = new();
    private readonly List<IterationResult> _iterations = [];
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ProcessUsage> _processes = new(StringComparer.Ordinal);
    private readonly List<string> _noise = [];
    private readonly List<SlowRequest> _slowest = [];
    private readonly MetricTotals _metrics = new();
    private readonly List<string> _failed = [];
    private int _failedInARow;

    public Cell Cell => cell;

    /// <summary>Why it could not be measured to its end, or null.</summary>
    public string? Failure { get; set; }

    /// <summary>Were the invariants kept? Null while that has not been looked at.</summary>
    public VerdictResult? Invariants { get; set; }

    public MachineLimit? Limit { get; set; }

    /// <summary>Iterations behind it, failed ones included; a failed cell has none left to do.</summary>
    public int IterationsBehind => Failure is null ? _iterations.Count + _failed.Count : cell.Iterations;

    public bool IsDone => IterationsBehind == cell.Iterations;

    /// <summary>Nothing is left to do, the check of the invariants included.</summary>
    public bool IsComplete => IsDone && (Failure is not null || Invariants is not null);

    /// <summary>Its figures are what they claim to be: others may be compared with them.</summary>
    public bool IsTrue => Judge().Verdict == Verdict.True;

    /// <summary>Iterations since the last failed one: after it the system may have started anew, and be cold.</summary>
    public int IterationsSinceFailure { get; private set; }

    /// <summary>Seconds the last iteration took; 0 before the first.</summary>
    public double LastDurationS { get; private set; }

    public double MeanLatencyUs => _iterations.Count == 0 ? 0 : _iterations.Average(iteration => iteration.LatencyUs);

    public double MeanThroughputOps => _iterations.Count == 0 ? 0 : _iterations.Average(iteration => iteration.ThroughputOps);

    /// <summary>Its operations do not count; metrics say for themselves.</summary>
    public void AddWarmUp(LoadEnd end) => _metrics.Add(end.Metrics, isWarmUp: true);

    /// <summary>The next iteration; one without an answer is a failed one.</summary>
    public void Add(int iteration, LoadOutcome outcome, LoadEnd end, IEnumerable<ProcessUsage> processes, string? noise)
    {
        if (outcome.Latency.Count == 0)
        {
            AddFailed(FormattableString.Invariant($"iteration {iteration}: no operation was answered"), outcome, end);
            return;
        }

        var errors = AddErrors(outcome, end);
        _failedInARow = 0;
        IterationsSinceFailure++;
        _metrics.Add(outcome.Metrics.Concat(end.Metrics));
        _latency.Merge(outcome.Latency);
        LastDurationS = outcome.DurationS;
        _iterations.Add(new IterationResult(
            outcome.Latency.MeanNs / 1000,
            outcome.ThroughputOps,
            outcome.Latency.Count,
            outcome.DurationS,
            errors.Values.Sum()));
        foreach (var usage in processes)
        {
            var before = _processes.GetValueOrDefault(usage.Name) ?? usage with { CpuS = 0, PeakRssBytes = 0 };
            _processes[usage.Name] = usage with
            {
                CpuS = before.CpuS + usage.CpuS,
                PeakRssBytes = Math.Max(before.PeakRssBytes, usage.PeakRssBytes),
            };
        }

        if (noise is not null)
        {
            _noise.Add(noise);
        }
    }

    /// <summary>An iteration whose figures do not count; its errors do.</summary>
    /// <param name="reason">Which one, and why not.</param>
    /// <param name="outcome">As far as it came; null when there is nothing to tell.</param>
    /// <param name="end">Likewise.</param>
    public void AddFailed(string reason, LoadOutcome? outcome = null, LoadEnd? end = null)
    {
        var errors = AddErrors(outcome, end);
        var failed = errors.Values.Sum();
        _failed.Add(failed == 0 ? reason : $"{reason}; {Share(failed, outcome?.Latency.Count ?? 0, errors)}");
        _failedInARow++;
        IterationsSinceFailure = 0;
        if (_failedInARow >= MostFailedInARow && !IsDone)
        {
            Failure = FormattableString.Invariant(
                $"given up after {_failedInARow} failed iterations in a row, {_iterations.Count + _failed.Count} of {cell.Iterations} iterations tried");
        }
    }

    /// <summary>The slowest of all iterations are kept.</summary>
    public void AddSlow(IReadOnlyList<SlowRequest> slowest)
    {
        _slowest.AddRange(slowest);
        _slowest.Sort((left, right) => right.LatencyUs.CompareTo(left.LatencyUs));
        _slowest.RemoveRange(Math.Min(SlowestOperations.Kept, _slowest.Count), Math.Max(0, _slowest.Count - SlowestOperations.Kept));
    }

    public CellResult ToResult()
    {
        var verdict = Judge();
        return new CellResult
        {
            Experiment = cell.Experiment,
            Group = cell.Group,
            System = cell.System,
            Info = cell.Info,
            Operation = cell.Operation,
            Factors = cell.Factors,
            Partial = !IsComplete,
            Iterations = _iterations.Count,
            Operations = _latency.Count,
            Latency = _latency.Summarise([.. _iterations.Select(iteration => iteration.LatencyUs)]),
            Throughput = _iterations.Count == 0 ? null : ConfidenceInterval.Mean95([.. _iterations.Select(iteration => iteration.ThroughputOps)]),
            PerIteration = [.. _iterations],
            FailedIterations = [.. _failed],
            Errors = new ErrorCounts(_errors.Values.Sum(), new Dictionary<string, long>(_errors, StringComparer.Ordinal))
            {
                AllowedShare = cell.ErrorsAtMost,
                Latency = _errorLatency.Summarise([]),
            },
            Verdict = verdict.Verdict,
            VerdictReason = verdict.Reason,
            Published = cell.Published,
            Limit = Limit,
            Slowest = [.. _slowest],
            Metrics = _metrics.ToFigures(),
            Noise = _noise.Count == 0 ? null : $"{_noise.Count} of {_iterations.Count} iterations: {_noise[0]}",
            Processes = [.. _processes.Values],
        };
    }

    /// <returns>Those of the iteration, by kind.</returns>
    private Dictionary<string, long> AddErrors(LoadOutcome? outcome, LoadEnd? end)
    {
        var errors = ErrorKinds.Sum(new[] { outcome?.Errors, end?.Errors }.OfType<IReadOnlyDictionary<string, long>>());
        ErrorKinds.Add(_errors, errors);
        if (outcome?.ErrorLatency is { } waited)
        {
            _errorLatency.Merge(waited);
        }

        return errors;
    }

    /// <summary>
    /// A wrong answer breaks a cell whatever the database says. A system that kept its invariants while it failed has not shown
    /// what it can do; neither has one that answered nothing.
    /// </summary>
    private VerdictResult Judge()
    {
        if (_errors.TryGetValue(ErrorKinds.WrongAnswer, out var wrong))
        {
            return VerdictResult.Broken($"{wrong} answers were wrong");
        }

        var doubts = Doubts().ToList();
        return Invariants is { Verdict: Verdict.False } broken ? broken with { Reason = string.Join("; ", doubts.Prepend(broken.Reason)) }
            : doubts.Count > 0 ? VerdictResult.Unchecked(string.Join("; ", doubts))
            : Invariants!;
    }

    /// <summary>Why the cell's figures are not those of a system that worked all the time.</summary>
    private IEnumerable<string> Doubts()
    {
        if (Failure is not null)
        {
            yield return Failure;
        }

        if (_failed.Count > 0)
        {
            yield return FormattableString.Invariant($"{_failed.Count} of {cell.Iterations} iterations failed: {string.Join("; ", _failed)}");
        }

        if (Failure is null && !IsComplete)
        {
            yield return FormattableString.Invariant(
                $"{IterationsBehind} of {cell.Iterations} iterations have run, and the invariants were not checked");
        }
        else if (_latency.Count == 0 && _failed.Count == 0 && Failure is null)
        {
            yield return "no operation was answered";
        }

        var errors = _iterations.Sum(iteration => iteration.Errors);
        if (errors > cell.ErrorsAtMost * (errors + _latency.Count))
        {
            yield return $"{Share(errors, _latency.Count, _errors)}; at most "
                + $"{(cell.ErrorsAtMost == 0 ? "none" : cell.ErrorsAtMost.ToString("0.## %", CultureInfo.InvariantCulture))} may";
        }

        if (Invariants is { Verdict: Verdict.Unknown, Reason: var unknown })
        {
            yield return unknown;
        }
    }

    private static string Share(long errors, long answered, IEnumerable<KeyValuePair<string, long>> byKind) => string.Create(
        CultureInfo.InvariantCulture,
        $"{errors:N0} of {errors + answered:N0} operations failed ({string.Join(", ", byKind.OrderByDescending(kind => kind.Value).Select(kind => $"{kind.Key} {kind.Value:N0}"))})");
}
