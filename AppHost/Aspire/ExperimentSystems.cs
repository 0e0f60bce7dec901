using System.Text.Json;
using Lab.LocalHost;
using Lab.LocalHost.Processes;
using Lab.Topology;

namespace Lab.AppHost.Aspire;

/// <summary>Which systems experiments measure: the harness knows.</summary>
internal static class ExperimentSystems
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The whole lab; with experiments named, the systems that they measure: servers that nobody asks would still disturb
    /// what is measured.
    /// </summary>
    /// <returns>Null where there is no such experiment, which the harness has explained then.</returns>
    /// <exception cref="LabStartException">The harness does not answer.</exception>
    public static async Task<LabTopology?> TopologyAsync(LabArguments given)
    {
        if (given.Experiments.Count == 0)
        {
            return LabTopology.Complete();
        }

        var harness = PlannedLab.Program("Harness", ["plan", .. given.Experiments, "--preset", given.Run ?? LabArguments.Quick]);
        var plan = await ProgramRun.OfAsync(harness.Command, harness.Arguments, Patience, CancellationToken.None);
        if (plan.ExitCode != 0)
        {
            await Console.Error.WriteLineAsync((plan.Errors + plan.Output).Trim());
            return null;
        }

        using var json = JsonDocument.Parse(plan.Output);
        return LabTopology.For([.. json.RootElement.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("system").GetString()!).Distinct(StringComparer.Ordinal)]);
    }
}
