using System.Text.Json;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Measurement;
using Lab.Harness.Reports;
using Lab.LocalHost;
using Lab.Topology;

namespace Lab.Harness.Commands;

/// <summary>A run that was cut off, and goes on: what it has measured, and whether the rest can stand beside it.</summary>
/// <param name="Folder">Its own.</param>
/// <param name="Results">Its archive.</param>
internal sealed record ResumedRun(string Folder, RunResults Results)
{
    /// <summary>What of the machine must be the same for figures to stand in one table.</summary>
    private static readonly string[] OfTheMachine = ["cpu", "cores", "memory", "os", "kernel", "container", "dotnet", "commit"];

    /// <summary>The cells that need not be measured again.</summary>
    public IReadOnlyDictionary<string, CellResult> Done { get; } =
        Results.Cells.Where(cell => !cell.Partial).ToDictionary(KeyOf, StringComparer.Ordinal);

    /// <exception cref="ReportFolderException">The folder has no archive that can be read.</exception>
    public static async Task<ResumedRun> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, ReportWriter.JsonFile);
        try
        {
            return new ResumedRun(folder, ResultsJson.Deserialize(await File.ReadAllTextAsync(file, cancellationToken)));
        }
        catch (Exception exception) when (RunArchive.IsOfDisk(exception) || exception is JsonException)
        {
            throw new ReportFolderException($"{LabFolders.Show(file)} is no run that could go on: {exception.Message}", exception);
        }
    }

    /// <summary>The settings with which the run began; only what says nothing about figures may be another.</summary>
    public RunSettings Settings(RunSettings given) => given with
    {
        Experiments = [.. Results.Run.Experiments.Select(experiment => experiment.Name)],
        Preset = Results.Run.Preset,
        Seed = Results.Run.Seed,
        Tracing = Environment("tracing"),
        OutputFolder = Folder,
        Isolation = Environment("isolation").StartsWith("container", StringComparison.Ordinal) ? Isolation.Container : Isolation.Process,
    };

    /// <summary>Cells of a plan that are still to be measured.</summary>
    public Plan Missing(Plan plan) => plan with { Cells = [.. plan.Cells.Where(cell => !Done.ContainsKey(KeyOf(cell)))] };

    /// <summary>All cells in the order of the plan.</summary>
    public IReadOnlyList<CellResult> Join(Plan plan, IReadOnlyList<CellResult> measured)
    {
        var fresh = measured.ToDictionary(KeyOf, StringComparer.Ordinal);
        return [.. plan.Cells.Select(KeyOf).Select(key => Done.GetValueOrDefault(key) ?? fresh.GetValueOrDefault(key)).OfType<CellResult>()];
    }

    /// <summary>Is this the same lab on the same machine?</summary>
    /// <exception cref="ReportFolderException">It is not; the message says what differs.</exception>
    public async Task CheckAsync(Plan plan, CancellationToken cancellationToken)
    {
        var now = await new MachineEnvironment().ReadAsync(LabFolders.Root, cancellationToken);
        var others = OfTheMachine.Where(name => Environment(name) != now.GetValueOrDefault(name))
            .Select(name => $"{name} is now {now.GetValueOrDefault(name)}, and was {Environment(name)}").ToList();
        if (others.Count > 0)
        {
            throw Refused(string.Join("; ", others));
        }

        var planned = plan.Cells.Select(KeyOf).ToHashSet(StringComparer.Ordinal);
        if (Done.Keys.FirstOrDefault(key => !planned.Contains(key)) is { } unplanned)
        {
            throw Refused($"its experiments are others now: '{unplanned}' is not among their cells");
        }
    }

    /// <summary>The run as it goes on now.</summary>
    /// <exception cref="ReportFolderException">Databases or drivers are others than they were.</exception>
    public async Task<RunInfo> GoOnAsync(DateTimeOffset now, LabEndpoints endpoints, CancellationToken cancellationToken)
    {
        // What is left may need fewer systems, and so have no database at all.
        if ((await RunDescription.PackagesAsync(endpoints, cancellationToken)).FirstOrDefault(package => Results.Run.Packages.GetValueOrDefault(package.Key, package.Value) != package.Value) is { Key: { } name, Value: var version })
        {
            throw Refused($"{name} is now {version}, and was {Results.Run.Packages[name]}");
        }

        return Results.Run with { ResumedAt = [.. Results.Run.ResumedAt, now], FinishedAt = null, Aborted = null };
    }

    private ReportFolderException Refused(string why) => new(
        $"the run in {LabFolders.Show(Folder)} cannot go on, its figures and the new ones would not be comparable: {why}. Start it anew");

    private string Environment(string name) => Results.Run.Environment.GetValueOrDefault(name, "unknown");

    private static string KeyOf(Cell cell) => $"{cell.Experiment}: {cell.Identity}";

    private static string KeyOf(CellResult cell) => $"{cell.Experiment}: {Cell.IdentityOf(cell.System, cell.Operation, cell.Factors)}";
}
