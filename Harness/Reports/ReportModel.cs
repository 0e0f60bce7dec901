using System.Globalization;
using Lab.Harness.Analysis;
using Lab.Harness.Analysis.Claims;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>A run as its reports show it: experiments with groups, conclusions and claims. Every format prints this.</summary>
public sealed class ReportModel
{
    private readonly Dictionary<CellResult, int> _numbers;

    private ReportModel(RunResults results)
    {
        Results = results;
        Summary = RunSummary.Of(results);

        // Two cells may have equal content; what counts here is which one it is.
        _numbers = new Dictionary<CellResult, int>(ReferenceEqualityComparer.Instance);
        foreach (var cell in results.Cells)
        {
            _numbers[cell] = _numbers.Count + 1;
        }

        var calibration = results.Cells.Where(RunSummary.IsCalibration).ToList();
        var measured = results.Cells.Where(cell => !RunSummary.IsCalibration(cell)).ToList();
        Experiments = [.. ExperimentInfos(results.Run, measured)
            .Select((info, index) => new ExperimentView(info, $"e{index + 1}", results.Run, measured, calibration))];
        Calibration = calibration.Count == 0
            ? null
            : new GroupView(
                new GroupInfo("calibration", "What the machine gives", "How fast is this machine without the system under test?"),
                "calibration",
                calibration,
                [.. Analysers.OfTrust.SelectMany(analyser => analyser.Analyse(calibration))]);
    }

    public RunResults Results { get; }

    public RunInfo Run => Results.Run;

    public RunSummary Summary { get; }

    public string Title => Experiments.Count == 1 ? Experiments[0].Info.Title : "Distributed systems lab";

    public IReadOnlyList<ExperimentView> Experiments { get; }

    /// <summary>The calibration cells of all experiments; null when the run has none.</summary>
    public GroupView? Calibration { get; }

    /// <summary>All sections of groups, calibration included.</summary>
    public IEnumerable<GroupView> Groups =>
        Experiments.SelectMany(experiment => experiment.Groups).Concat(Calibration is null ? [] : [Calibration]);

    public static ReportModel Of(RunResults results) => new(results);

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
    internal ExperimentView(ExperimentInfo info, string anchor, RunInfo run, List<CellResult> measured, List<CellResult> calibration)
    {
        var cores = int.TryParse(run.Environment.GetValueOrDefault("cores"), CultureInfo.InvariantCulture, out var known) ? known : (int?)null;
        LeftOut = [.. run.LeftOut.Where(left => left.Experiment == info.Name)];
        Info = info;
        Anchor = anchor;
        var cells = measured.Where(cell => cell.Experiment == info.Name).ToList();
        var conclusions = Analysers.Run(cells, cores);
        Claims = TestedClaims.Of(cells);
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
    internal GroupView(GroupInfo info, string anchor, IReadOnlyList<CellResult> cells, IReadOnlyList<Conclusion> conclusions)
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
    }

    public string Anchor { get; }

    public GroupInfo Info { get; }

    /// <summary>Sorted for reading.</summary>
    public IReadOnlyList<CellResult> Cells { get; }

    public FactorLayout Layout { get; }

    public IReadOnlyList<Conclusion> Conclusions { get; }

    /// <summary>Its cells weigh idle connections: their few requests say nothing about speed.</summary>
    public bool WeighsIdle => Cells.Any(ConnectionCells.HoldsIdle) && Cells.All(cell => cell.Connections is null || ConnectionCells.HoldsIdle(cell));

    /// <summary>Its cells are changes of traders: told by their parts, and not by a rate.</summary>
    public bool TimesElections => Cells.Any(ElectionAnalyser.IsElection);

    /// <summary>What all cells share, in words: <c>10 items per seller, local</c>; may be empty.</summary>
    public string Shared => Cells.Count == 0
        ? ""
        : string.Join(", ", Layout.Constant.Select(column => column.Phrase(Cells[0])).Where(phrase => phrase.Length > 0));
}
