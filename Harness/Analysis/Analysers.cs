using Lab.Harness.Archive;
using Lab.Harness.Systems;

namespace Lab.Harness.Analysis;

/// <summary>All analysers, in the order in which their conclusions are printed within one severity.</summary>
public static class Analysers
{
    /// <summary>Those that say whether the figures can be trusted; they make sense for calibration cells too.</summary>
    public static IReadOnlyList<IAnalyser> OfTrust { get; } =
        [new VerdictAnalyser(), new ErrorAnalyser(), new NoiseAnalyser(), new IterationsAnalyser()];

    private static readonly IAnalyser[] OfSpeed =
    [
        new ScalingAnalyser(),
        new FactorAnalyser(),
        new CacheAnalyser(),
        new DeploymentAnalyser(),
        new ReadWriteAnalyser(),
        new TailAnalyser(),
        new SlowRequestAnalyser(),
        new MachineLimitAnalyser(),
        new CpuAnalyser(),
    ];

    /// <summary>Every conclusion about the cells of one experiment, the gravest first.</summary>
    /// <param name="cells">The cells of one experiment.</param>
    /// <param name="systems">Whose own analysers are asked, too.</param>
    /// <param name="cores">Processor cores of the machine; null when they are not known.</param>
    public static IReadOnlyList<Conclusion> Run(IReadOnlyList<CellResult> cells, SystemModules systems, int? cores = null)
    {
        IAnalyser[] ofSpeed = cores is { } known ? [.. OfSpeed, new LoadCeilingAnalyser(known)] : OfSpeed;

        // Where a rate says nothing, the system was disturbed, or something failed, speed is not to be compared.
        var timed = cells.Where(cell => cell.Does.Figures == CommonFigures.All && Comparison.IsComparable(cell)).ToList();
        return [.. OfTrust.SelectMany(analyser => analyser.Analyse(cells))
            .Concat(cells.GroupBy(cell => cell.System, StringComparer.Ordinal).SelectMany(system => OfSystem(systems.Find(system.Key), [.. system])))
            .Concat(new ChangeAnalyser().Analyse(cells))
            .Concat(ofSpeed.SelectMany(analyser => analyser.Analyse(timed)))
            .OrderByDescending(conclusion => conclusion.Severity)];
    }

    private static IEnumerable<Conclusion> OfSystem(SystemModule? system, IReadOnlyList<CellResult> cells) =>
        system?.Analysers.SelectMany(analyser => analyser.Analyse(cells)) ?? [];
}
