using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Scenarios.Calibration;
using Lab.Topology.Systems;

namespace Lab.Harness.Running;

/// <summary>
/// Sets what an operation costs beside what the machine gives: a TCP round trip plus one statement of its kind, measured
/// in the same rounds at the same concurrency. Systems without a database have no such limit, and neither have cells whose
/// services are limited, or run in something else than those of the calibration.
/// </summary>
internal static class MachineLimits
{
    public static void Assign(IReadOnlyList<CellRun> block, Func<Cell, int> concurrency)
    {
        var calibrations = block
            .Where(run => run.Cell.System == CalibrationTopology.Name && run.MeanThroughputOps > 0 && !ContainerFactors.AreStated(run.Cell.Factors))
            .ToDictionary(run => (run.Cell.Operation, Clients: concurrency(run.Cell)));
        foreach (var run in block.Where(run => run.Cell.System == MarketplaceTopology.Name))
        {
            var clients = concurrency(run.Cell);
            var statement = Writes(run.Cell) ? CalibrationScenario.Insert : CalibrationScenario.Select;
            if (run.MeanThroughputOps > 0
                && run.Cell.Deployment == "local"
                && !ContainerFactors.AreStated(run.Cell.Factors)
                && calibrations.TryGetValue((CalibrationScenario.RoundTrip, clients), out var network)
                && calibrations.TryGetValue((statement, clients), out var database))
            {
                var latencyUs = network.MeanLatencyUs + database.MeanLatencyUs;
                run.Limit = new MachineLimit(
                    $"{CalibrationScenario.RoundTrip} + {statement}, {clients} clients",
                    latencyUs,
                    database.MeanThroughputOps,
                    run.MeanLatencyUs - latencyUs,
                    run.MeanThroughputOps / database.MeanThroughputOps);
            }
        }
    }

    private static bool Writes(Cell cell) => cell.Operation.StartsWith("register", StringComparison.Ordinal);
}
