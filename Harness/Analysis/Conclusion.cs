using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>How much a conclusion should worry its reader.</summary>
public enum Severity
{
    /// <summary>A finding.</summary>
    Hint,

    /// <summary>Something to look into, or figures to be read with care.</summary>
    Warning,

    /// <summary>A cell failed or gave wrong answers.</summary>
    Error,
}

/// <summary>A sentence about measured cells that is true by computation and says its numbers.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Topic">What it is about, in one or two words; conclusions of one topic are printed together.</param>
/// <param name="Text">One or two sentences of plain text.</param>
/// <param name="Cells">The cells it was computed from; never empty.</param>
public sealed record Conclusion(Severity Severity, string Topic, string Text, IReadOnlyList<CellResult> Cells);

/// <summary>Looks for one kind of finding.</summary>
public interface IAnalyser
{
    /// <summary>What there is to say; nothing where the data for it are missing.</summary>
    /// <param name="cells">The cells of one experiment, without calibration cells, in the order in which they ran.</param>
    IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells);
}

/// <summary>All analysers, in the order in which their conclusions are printed within one severity.</summary>
public static class Analysers
{
    /// <summary>Those that say whether the figures can be trusted; they make sense for calibration cells too.</summary>
    public static IReadOnlyList<IAnalyser> OfTrust { get; } =
        [new VerdictAnalyser(), new ErrorAnalyser(), new NoiseAnalyser(), new IterationsAnalyser()];

    private static readonly IAnalyser[] OfSpeed =
    [
        new ScalingAnalyser(),
        new EngineRankingAnalyser(),
        new FactorAnalyser(),
        new CacheAnalyser(),
        new DeploymentAnalyser(),
        new ReadWriteAnalyser(),
        new TailAnalyser(),
        new SlowRequestAnalyser(),
        new MachineLimitAnalyser(),
        new CpuAnalyser(),
    ];

    private static readonly IAnalyser[] OfMemory = [new IdleConnectionAnalyser()];

    private static readonly IAnalyser[] OfTrading = [new PurchaseAnalyser(), new ElectionAnalyser(), new ChangeAnalyser()];

    /// <summary>Every conclusion about the cells of one experiment, the gravest first.</summary>
    /// <param name="cells">The cells of one experiment.</param>
    /// <param name="cores">Processor cores of the machine; null when they are not known.</param>
    public static IReadOnlyList<Conclusion> Run(IReadOnlyList<CellResult> cells, int? cores = null)
    {
        IAnalyser[] ofSpeed = cores is { } known ? [.. OfSpeed, new LoadCeilingAnalyser(known)] : OfSpeed;

        // A rate of elections says nothing, nor does one over a time in which the system was disturbed.
        var timed = cells.Where(cell => !ConnectionCells.HoldsIdle(cell) && !ElectionAnalyser.IsElection(cell) && cell.Timeline is null).ToList();
        return [.. OfTrust.SelectMany(analyser => analyser.Analyse(cells))
            .Concat(OfTrading.SelectMany(analyser => analyser.Analyse(cells)))
            .Concat(ofSpeed.SelectMany(analyser => analyser.Analyse(timed)))
            .Concat(OfMemory.SelectMany(analyser => analyser.Analyse(cells)))
            .OrderByDescending(conclusion => conclusion.Severity)];
    }
}
