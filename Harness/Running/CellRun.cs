using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Verdicts;

namespace Lab.Harness.Running;

/// <summary>A cell while it is measured: its iterations so far.</summary>
internal sealed class CellRun(Cell cell)
{
    private readonly LatencyHistogram _latency = new();
    private readonly List<IterationResult> _iterations = [];
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ProcessUsage> _processes = new(StringComparer.Ordinal);
    private readonly List<string> _noise = [];
    private readonly List<SlowRequest> _slowest = [];
    private readonly MetricTotals _metrics = new();
    private readonly List<string> _failed = [];

    public Cell Cell => cell;

    /// <summary>Why it could not be measured, or null.</summary>
    public string? Failure { get; set; }

    public VerdictResult Verdict { get; set; } = VerdictResult.Unchecked("the invariants were not checked");

    public MachineLimit? Limit { get; set; }

    /// <summary>Iterations behind it, failed ones included; a failed cell has none left to do.</summary>
    public int IterationsBehind => Failure is null ? _iterations.Count + _failed.Count : cell.Iterations;

    public bool IsDone => IterationsBehind == cell.Iterations;

    /// <summary>Seconds the last iteration took; 0 before the first.</summary>
    public double LastDurationS { get; private set; }

    public double MeanLatencyUs => _latency.MeanNs / 1000;

    public double MeanThroughputOps => _iterations.Count == 0 ? 0 : _iterations.Average(iteration => iteration.ThroughputOps);

    /// <summary>Its operations do not count; metrics say for themselves.</summary>
    public void AddWarmUp(LoadEnd end) => _metrics.Add(end.Metrics, isWarmUp: true);

    public void Add(LoadOutcome outcome, LoadEnd end, IEnumerable<ProcessUsage> processes, string? noise)
    {
        _metrics.Add(outcome.Metrics.Concat(end.Metrics));
        _latency.Merge(outcome.Latency);
        LastDurationS = outcome.DurationS;
        _iterations.Add(new IterationResult(
            outcome.Latency.MeanNs / 1000, outcome.ThroughputOps, outcome.Latency.Count, outcome.DurationS));
        ErrorKinds.Add(_errors, outcome.Errors);
        ErrorKinds.Add(_errors, end.Errors);
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

    /// <summary>An iteration whose figures do not count.</summary>
    /// <param name="reason">Which one, and why not.</param>
    public void AddFailed(string reason) => _failed.Add(reason);

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
        var answered = _iterations.Where(iteration => iteration.Operations > 0).ToList();
        return new CellResult
        {
            Experiment = cell.Experiment,
            Group = cell.Group,
            System = cell.System,
            Info = cell.Info,
            Operation = cell.Operation,
            Factors = cell.Factors,
            Iterations = _iterations.Count,
            Operations = _latency.Count,
            Latency = _latency.Summarise([.. answered.Select(iteration => iteration.LatencyUs)]),
            Throughput = answered.Count == 0 ? null : ConfidenceInterval.Mean95([.. answered.Select(iteration => iteration.ThroughputOps)]),
            PerIteration = _iterations,
            FailedIterations = _failed,
            Errors = new ErrorCounts(_errors.Values.Sum(), _errors),
            Verdict = verdict.Verdict,
            VerdictReason = verdict.Reason,
            Published = cell.Published,
            Limit = Limit,
            Slowest = _slowest,
            Metrics = _metrics.ToFigures(),
            Noise = _noise.Count == 0 ? null : $"{_noise.Count} of {_iterations.Count} iterations: {_noise[0]}",
            Processes = [.. _processes.Values],
        };
    }

    /// <summary>A wrong answer breaks a cell whatever the database says; a cell without answers proves nothing.</summary>
    private VerdictResult Judge()
    {
        if (_errors.TryGetValue(ErrorKinds.WrongAnswer, out var wrong))
        {
            return VerdictResult.Broken($"{wrong} answers were wrong");
        }

        if (Failure is not null)
        {
            return VerdictResult.Unchecked(Failure);
        }

        // A system that kept its invariants through a restart has not shown what it can do without one.
        if (_failed.Count > 0 && Verdict.Verdict != Archive.Verdict.False)
        {
            return VerdictResult.Unchecked($"{_failed.Count} of {cell.Iterations} iterations failed: {string.Join("; ", _failed)}");
        }

        return _latency.Count == 0 ? VerdictResult.Unchecked("no operation was answered") : Verdict;
    }
}
