using System.Runtime.InteropServices;
using Dapper;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Measurement;
using Lab.Storage.MySql;
using Lab.Storage.Redis;
using Lab.Topology;

namespace Lab.Harness.Commands;

/// <summary>What a run's archive says about the run: machine, versions, titles.</summary>
internal static class RunDescription
{
    public static async Task<RunInfo> BeginAsync(
        RunSettings settings,
        string id,
        DateTimeOffset now,
        Plan plan,
        ExperimentFolder folder,
        IRunningLab lab,
        CancellationToken cancellationToken)
    {
        var planned = plan.Cells.Select(cell => (cell.Experiment, cell.Group)).ToHashSet();
        return new RunInfo
        {
            Id = id,
            StartedAt = now,
            Seed = settings.Seed,
            Preset = settings.Preset,
            Environment = new OrderedDictionary<string, string>(
                await new MachineEnvironment().ReadAsync(LabFolders.Root, cancellationToken), StringComparer.Ordinal)
            {
                // Every connection of the load takes one: raised as far as this process may.
                ["open_files"] = ConnectionBudget.OfThisProcess().ToString(),
                ["tracing"] = settings.Tracing,
                ["dashboard"] = lab.Dashboard is null ? "none" : "running",
                ["isolation"] = lab.Isolation,
            },
            Packages = await PackagesAsync(lab.Endpoints, cancellationToken),
            Systems = [.. plan.Cells.Select(cell => cell.Info).DistinctBy(system => system.Name)],
            LeftOut = plan.LeftOut,
            Experiments =
            [
                .. folder.Experiments
                    .Where(experiment => experiment.Groups.Any(group => planned.Contains((experiment.Name, group.Name))))
                    .Select(experiment => new ExperimentInfo(
                        experiment.Name,
                        experiment.Title,
                        experiment.Summary,
                        [.. experiment.Groups.Where(group => planned.Contains((experiment.Name, group.Name)))
                            .Select(group => new GroupInfo(group.Name, group.Title, group.Question))])),
            ],
        };
    }

    /// <summary>Versions that shape the figures.</summary>
    public static Task<Dictionary<string, string>> PackagesAsync(LabEndpoints endpoints, CancellationToken cancellationToken) =>
        Task.Run(() => Packages(endpoints), cancellationToken);

    private static Dictionary<string, string> Packages(LabEndpoints endpoints)
    {
        var packages = new Dictionary<string, string>(StringComparer.Ordinal) { ["runtime"] = RuntimeInformation.FrameworkDescription };

        // A run of systems without a database has none.
        if (endpoints.Databases.Values.FirstOrDefault() is { } database)
        {
            using var connection = MySqlDriver.Open(database);
            packages["database"] = connection.ExecuteScalar<string>("SELECT VERSION()") ?? "unknown";
            packages["database driver"] = MySqlDriver.Name;
            packages["cache driver"] = RedisConnection.DriverName;
        }

        return packages;
    }
}
