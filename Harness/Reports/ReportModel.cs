using System.Globalization;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Systems;
using Lab.Harness.Systems.Calibration;

namespace Lab.Harness.Reports;

/// <summary>A run as its reports show it: experiments with groups, conclusions and claims. Every format prints this.</summary>
public sealed class ReportModel
{
    private readonly Dictionary<CellResult, int> _numbers;

    private ReportModel(RunResults results, SystemModules systems)
    {
        Results = results;
        Systems = systems;
        Summary = RunSummary.Of(results, systems);

        // Two cells may have equal content; what counts here is which one it is.
        _numbers = new Dictionary<CellResult, int>(ReferenceEqualityComparer.Instance);
        foreach (var cell in results.Cells)
        {
            _numbers[cell] = _numbers.Count + 1;
        }

        var calibration = results.Cells.Where(RunSummary.IsCalibration).ToList();
        var measured = results.Cells.Where(cell => !RunSummary.IsCalibration(cell)).ToList();
        Experiments = [.. ExperimentInfos(results.Run, measured)
            .Select((info, index) => new ExperimentView(info, $"e{index + 1}", results.Run, measured, calibration, systems))];
        Calibration = calibration.Count == 0
            ? null
            : new GroupView(
                new GroupInfo(CalibrationModule.Name, "What the machine gives", "How fast is this machine without the system under test?"),
                CalibrationModule.Name,
                calibration,
                systems,
                [.. Analysers.OfTrust.SelectMany(analyser => analyser.Analyse(calibration))]);
    }

    public RunResults Results { get; }

    public RunInfo Run => Results.Run;

    /// <summary>Those that may have more to say of their cells.</summary>
    public SystemModules Systems { get; }

    public RunSummary Summary { get; }

    public string Title => Experiments.Count == 1 ? Experiments[0].Info.Title : "Distributed systems lab";

    public IReadOnlyList<ExperimentView> Experiments { get; }

    /// <summary>The calibration cells of all experiments; null when the run has none.</summary>
    public GroupView? Calibration { get; }

    /// <summary>All sections of groups, calibration included.</summary>
    public IEnumerable<GroupView> Groups =>
        Experiments.SelectMany(experiment => experiment.Groups).Concat(Calibration is null ? [] : [Calibration]);

    public static ReportModel Of(RunResults results) => Of(results, SystemModules.Default);

    public static ReportModel Of(RunResults results, SystemModules systems) => new(results, systems);

    /// <summary>Name of the cell's row in the document.</summary>
    public string Anchor(CellResult cell) => $"cell-{_numbers[cell]}";

    /// <summary>The cell as its group names it, with the group where there are several.</summary>
    public string NameOf(CellResult cell)
    {
        var groups = Groups.ToList();
        var group = groups.First(group => group.Cells.Contains(cell, ReferenceEqualityComparer.Instance));
        return groups.Count > 1 ? $"{group.Info.Title}: {group.Layout.CellName(cell)}" : group.Layout.CellName(cell);
    }

    // Cells may name experiments and groups that the run's description lacks: their sections bear the bare names.
    private static IEnumerable<ExperimentInfo> ExperimentInfos(RunInfo run, List<CellResult> cells) => run.Experiments.Concat(cells
        .Select(cell => cell.Experiment)
        .Distinct(StringComparer.Ordinal)
        .Where(name => run.Experiments.All(info => info.Name != name))
        .Select(name => new ExperimentInfo(name, name, "", [])));
}

/// <summary>The section of an experiment.</summary>
public sealed class ExperimentView
{
    internal ExperimentView(ExperimentInfo info, string anchor, RunInfo run, List<CellResult> measured, List<CellResult> calibration, SystemModules systems)
    {
        var cores = int.TryParse(run.Environment.GetValueOrDefault("cores"), CultureInfo.InvariantCulture, out var known) ? known : (int?)null;
        LeftOut = [.. run.LeftOut.Where(left => left.Experiment == info.Name)];
        Info = info;
        Anchor = anchor;
        var cells = measured.Where(cell => cell.Experiment == info.Name).ToList();
        var conclusions = Analysers.Run(cells, systems, cores);
        Claims = TestedClaims.Of(cells, systems);
        AcrossGroups = [.. conclusions.Where(conclusion => GroupOf(conclusion) is null)];
        var groups = GroupInfos(info, cells).ToLookup(group => cells.Exists(cell => cell.Group == group.Name));
        NotMeasured = [.. groups[false]
            .Where(group => !calibration.Exists(cell => cell.Group == group.Name && cell.Experiment == info.Name))
            .Select(group => group.Title)];
        Groups = [.. groups[true]
            .Select((group, index) => new GroupView(
                group,
                $"{anchor}-g{index + 1}",
                [.. cells.Where(cell => cell.Group == group.Name)],
                systems,
                [.. conclusions.Where(conclusion => GroupOf(conclusion) == group.Name)]))];
    }

    public string Anchor { get; }

    public ExperimentInfo Info { get; }

    /// <summary>What the reports behind the experiment claim, as far as the run's cells touch it.</summary>
    public IReadOnlyList<TestedClaims> Claims { get; }

    /// <summary>What this machine could not run, with the reason.</summary>
    public IReadOnlyList<LeftOutCells> LeftOut { get; }

    /// <summary>Conclusions from cells of several groups.</summary>
    public IReadOnlyList<Conclusion> AcrossGroups { get; }

    /// <summary>The groups that have cells.</summary>
    public IReadOnlyList<GroupView> Groups { get; }

    /// <summary>Titles of the groups without cells, for example those that the preset skips.</summary>
    public IReadOnlyList<string> NotMeasured { get; }

    private static string? GroupOf(Conclusion conclusion)
    {
        var group = conclusion.Cells[0].Group;
        return conclusion.Cells.All(cell => cell.Group == group) ? group : null;
    }

    private static IEnumerable<GroupInfo> GroupInfos(ExperimentInfo info, List<CellResult> cells) => info.Groups.Concat(cells
        .Select(cell => cell.Group)
        .Distinct(StringComparer.Ordinal)
        .Where(name => info.Groups.All(group => group.Name != name))
        .Select(name => new GroupInfo(name, name, "")));
}

/// <summary>The section of a group of cells.</summary>
public sealed class GroupView
{
    internal GroupView(
        GroupInfo info, string anchor, IReadOnlyList<CellResult> cells, SystemModules systems, IReadOnlyList<Conclusion> conclusions)
    {
        Info = info;
        Anchor = anchor;
        Conclusions = conclusions;
        Layout = FactorLayout.Of(cells);

        // By operation, then along the x axis, then by setting, whatever the order in which the cells ran.
        var operations = cells.Select(cell => cell.Operation).Distinct(StringComparer.Ordinal).ToList();
        var settings = cells.Select(Layout.SeriesName).Distinct(StringComparer.Ordinal).ToList();
        Cells = [.. cells
            .OrderBy(cell => operations.IndexOf(cell.Operation))
            .ThenBy(cell => Layout.X?.Number(cell) ?? 0)
            .ThenBy(cell => settings.IndexOf(Layout.SeriesName(cell)))];
        Tables = [.. cells.Select(cell => cell.System).Distinct(StringComparer.Ordinal)
            .SelectMany(system => systems.Find(system)?.Tables(this) ?? [])];
    }

    public string Anchor { get; }

    public GroupInfo Info { get; }

    /// <summary>Sorted for reading.</summary>
    public IReadOnlyList<CellResult> Cells { get; }

    public FactorLayout Layout { get; }

    public IReadOnlyList<Conclusion> Conclusions { get; }

    /// <summary>Tables that only its system has.</summary>
    public IReadOnlyList<ReportTable> Tables { get; }

    /// <summary>The metrics that its cells have figures of, in the order in which their systems declare them.</summary>
    public IReadOnlyList<MetricInfo> Metrics => [.. Cells.SelectMany(cell => cell.Info.Metrics).DistinctBy(metric => metric.Name)
        .Where(metric => Cells.Any(cell => cell.Metrics.Any(figure => figure.Name == metric.Name)))];

    /// <summary>Of these, the gauges that are drawn.</summary>
    public IEnumerable<MetricInfo> PlottedGauges => Metrics.Where(metric => metric is { Kind: MetricKind.Gauge, ShownIn: ShownIn.TableAndPlot });

    /// <summary>Does a figure that every cell has say something here?</summary>
    public bool Shows(CommonFigures figure) => Cells.Any(cell => cell.Does.Figures.HasFlag(figure));

    /// <summary>What all cells share, in words: <c>10 items per seller, local</c>; may be empty.</summary>
    public string Shared => Cells.Count == 0
        ? ""
        : string.Join(", ", Layout.Constant.Select(column => column.Phrase(Cells[0])).Where(phrase => phrase.Length > 0));
}

/// <summary>A table that a system adds to the report of a group.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Explanation">How to read it; tables that follow each other with the same one share it.</param>
/// <param name="Columns">Their headings.</param>
/// <param name="Rows">One text per column; an en dash where there is none.</param>
public sealed record ReportTable(string Title, string Explanation, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
