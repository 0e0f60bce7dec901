using System.Text.Json;
using Lab.Harness.Archive;
using Lab.Terminal;

namespace Lab.Harness.Experiments;

/// <summary>The cells of a run in the order in which they are declared.</summary>
public sealed record Plan(string Preset, IReadOnlyList<Cell> Cells)
{
    /// <summary>What the preset asks for and this machine cannot run.</summary>
    public IReadOnlyList<LeftOutCells> LeftOut { get; init; } = [];

    /// <summary>Names of the systems that it takes.</summary>
    public IReadOnlyList<string> Systems => [.. Cells.Select(cell => cell.System).Distinct(StringComparer.Ordinal)];

    /// <summary>How much each group asks for, in order.</summary>
    public IReadOnlyList<PlannedGroup> Groups =>
    [
        .. Cells.GroupBy(cell => (cell.Experiment, cell.Group)).Select(group => new PlannedGroup(
            group.Key.Experiment, group.Key.Group, group.Count(), group.Sum(cell => cell.Iterations))),
    ];

    /// <summary>The resolved cells as JSON; equal experiments give equal text.</summary>
    public string ToJson() => JsonSerializer.Serialize(new { Preset, Cells, LeftOut }, ResultsJson.Options);
}

/// <summary>A group's share of a plan.</summary>
/// <param name="Experiment">Name of the experiment.</param>
/// <param name="Group">Name of the group.</param>
/// <param name="Cells">Cells the preset runs.</param>
/// <param name="Iterations">Iterations over all these cells.</param>
public sealed record PlannedGroup(string Experiment, string Group, int Cells, int Iterations);

/// <summary>A cell that a preset asks for.</summary>
/// <param name="Cell">The cell with everything resolved.</param>
/// <param name="DependsOnMachine">One of its factors means another number on another machine.</param>
/// <param name="Obstacle">Why it cannot run here, or null.</param>
internal sealed record Candidate(Cell Cell, bool DependsOnMachine, Obstacle? Obstacle);

/// <summary>What there is to run: one entry per experiment.</summary>
public sealed record ExperimentOverview(string Name, string Title, IReadOnlyList<PresetSize> Presets);

/// <summary>A preset's number of cells in one experiment.</summary>
public sealed record PresetSize(string Preset, int Cells);

/// <summary>Someone asked for an experiment or a preset that does not exist; the message lists those that do.</summary>
public sealed class UnknownNameException(string message) : Exception(message);

/// <summary>Turns experiments into cells.</summary>
public sealed class Planner(FactorCatalog catalog)
{
    /// <summary>
    /// The cells of a run, experiments and groups in file order, the last factor of a matrix changing fastest.
    /// </summary>
    /// <param name="experiments">All there are.</param>
    /// <param name="names">Those wanted, in this order; none: all.</param>
    /// <param name="preset">How much of each.</param>
    /// <exception cref="UnknownNameException">No such experiment, or one that was named lacks the preset.</exception>
    public Plan Plan(IReadOnlyList<Experiment> experiments, IReadOnlyList<string> names, string preset)
    {
        var selected = names.Count == 0 ? experiments : [.. names.Distinct(StringComparer.Ordinal).Select(Named)];
        var known = selected.SelectMany(PresetsOf).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count == 0 && !known.Contains(preset))
        {
            throw Unknown("unknown preset", preset, known);
        }

        // An experiment that was asked for by name must not be left out without a word.
        var lacking = names.Count == 0
            ? null
            : selected.FirstOrDefault(experiment => !PresetsOf(experiment).Contains(preset));
        return lacking is null
            ? new Plan(preset, [.. selected.SelectMany(experiment => Cells(experiment, preset))])
            {
                LeftOut = [.. selected.SelectMany(experiment => LeftOut(experiment, preset))],
            }
            : throw Unknown($"experiment '{lacking.Name}' has no preset", preset, PresetsOf(lacking));

        Experiment Named(string name) =>
            experiments.FirstOrDefault(experiment => experiment.Name == name)
            ?? throw Unknown("unknown experiment", name, [.. experiments.Select(experiment => experiment.Name)]);
    }

    /// <summary>Every experiment with the number of cells under each of its presets.</summary>
    public IReadOnlyList<ExperimentOverview> Overview(IReadOnlyList<Experiment> experiments) =>
    [
        .. experiments.Select(experiment => new ExperimentOverview(
            experiment.Name,
            experiment.Title,
            [.. PresetsOf(experiment).Select(preset => new PresetSize(preset, Cells(experiment, preset).Count))])),
    ];

    /// <summary>The presets that an experiment's groups name, by name.</summary>
    public static IReadOnlyList<string> PresetsOf(Experiment experiment) =>
    [
        .. experiment.Groups.SelectMany(group => group.Presets.Keys)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// One experiment's cells under a preset that can run here, each once; none when no group has the preset.
    /// </summary>
    public IReadOnlyList<Cell> Cells(Experiment experiment, string preset) =>
    [
        .. Candidates(experiment, preset)
            .Where(candidate => candidate.Obstacle is null)
            .Select(candidate => candidate.Cell)
            .DistinctBy(cell => cell.Identity, StringComparer.Ordinal),
    ];

    /// <summary>What a preset of an experiment asks for and this machine cannot run.</summary>
    public IReadOnlyList<LeftOutCells> LeftOut(Experiment experiment, string preset) =>
    [
        .. Candidates(experiment, preset)
            .Where(candidate => candidate.Obstacle is not null)
            .DistinctBy(candidate => candidate.Cell.Identity, StringComparer.Ordinal)
            .GroupBy(candidate => candidate.Obstacle!)
            .Select(left => new LeftOutCells(experiment.Name, left.Count(), left.Key.Setting, left.Key.Reason)),
    ];

    /// <summary>Everything that a preset of an experiment asks for, whether it can run here or not.</summary>
    internal IEnumerable<Candidate> Candidates(Experiment experiment, string preset) =>
        from @group in experiment.Groups
        where @group.Presets.ContainsKey(preset)
        let sample = @group.Presets[preset]
        from values in Combinations(@group.Matrix)
        where sample.Where.Count == 0 || sample.Where.Any(selection => Matches(values, selection))
        select Resolve(experiment, @group, sample, values);

    private static IEnumerable<IReadOnlyDictionary<string, string>> Combinations(IReadOnlyDictionary<string, IReadOnlyList<string>> matrix)
    {
        IEnumerable<OrderedDictionary<string, string>> combinations = [new(StringComparer.Ordinal)];
        foreach (var (factor, values) in matrix)
        {
            combinations =
                from combination in combinations
                from value in values
                select new OrderedDictionary<string, string>(combination, StringComparer.Ordinal)
                {
                    [factor] = value,
                };
        }

        return combinations;
    }

    private static bool Matches(
        IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, IReadOnlyList<string>> selection) =>
        selection.All(wanted => values.TryGetValue(wanted.Key, out var value) && wanted.Value.Contains(value));

    private Candidate Resolve(
        Experiment experiment, CellGroup group, PresetSample sample, IReadOnlyDictionary<string, string> values)
    {
        var name = group.System ?? experiment.System;
        var system = catalog.Find(name) ?? throw new ArgumentException($"unknown system '{name}'", nameof(group));
        var factors = new OrderedDictionary<string, object>(StringComparer.Ordinal);
        var dependsOnMachine = false;
        foreach (var (factor, value) in values.Where(factor => factor.Key != SystemDescription.Operation))
        {
            if (system.Find(factor) is not { } description || !description.TryResolve(value, factors))
            {
                throw new ArgumentException($"system '{name}' does not understand {factor}={value}", nameof(values));
            }

            dependsOnMachine |= description.DependsOnMachine(value);
        }

        var operation = values[SystemDescription.Operation];
        var clients = system.Clients.Resolved.Min(factor => (long)factors[factor]);
        var operationsPerClient = OperationsPerClient(sample, clients);
        var cell = new Cell
        {
            Experiment = experiment.Name,
            Group = group.Name,
            System = name,
            Operation = operation,
            Factors = factors,
            Iterations = Iterations(sample, clients * operationsPerClient),
            OperationsPerClient = operationsPerClient,
            ErrorsAtMost = group.ErrorsAtMost,
            Info = system.Info,
            // What a limited service does was not what the report measured.
            Published = factors.TryGetValue(ContainerFactors.Limits, out var limits) && (string)limits != LimitsFactor.None
                ? null
                : experiment.Published.Find(operation, factors),
        };
        return new Candidate(cell, dependsOnMachine, system.Obstacle(factors));
    }

    /// <summary>Few clients do more operations each: the iteration of one client would be over before it says anything.</summary>
    private static int OperationsPerClient(PresetSample sample, long clients) =>
        (int)Math.Max(sample.OperationsPerClient, (sample.OperationsAtLeast + clients - 1) / clients);

    /// <summary>Many clients do much in one iteration: it is repeated less often, but runs once in any case.</summary>
    private static int Iterations(PresetSample sample, long operations) =>
        (int)Math.Clamp(sample.OperationsAtMost / operations, 1, sample.Iterations);

    private static UnknownNameException Unknown(string problem, string name, IReadOnlyList<string> known) =>
        new($"{problem} {Spelling.Quote(name)}{Spelling.DidYouMean(name, known)} known: {string.Join(", ", known)}");
}
