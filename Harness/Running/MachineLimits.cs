using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Systems.Calibration;

namespace Lab.Harness.Running;

/// <summary>
/// Sets what an operation costs beside what the machine gives: all the calibrations that bound it, measured in the same rounds
/// at the same concurrency. Cells whose services are limited, or run in something else than those of the calibration, have no
/// such limit; nor has a cell, or a calibration, whose own figures do not stand.
/// </summary>
internal static class MachineLimits
{
    public static void Assign(IReadOnlyList<CellRun> block, Func<Cell, int> concurrency)
    {
        var calibrations = block
            .Where(run => run.Cell.System == CalibrationModule.Name && run.IsTrue && run.MeanThroughputOps > 0 && !ContainerFactors.AreStated(run.Cell.Factors))
            .ToDictionary(run => (run.Cell.Operation, Clients: concurrency(run.Cell)));
        foreach (var run in block.Where(run => run.IsTrue && run.MeanThroughputOps > 0 && run.Cell.Does.BoundedBy.Count > 0))
        {
            var clients = concurrency(run.Cell);
            var bounds = run.Cell.Does.BoundedBy.Select(operation => calibrations.GetValueOrDefault((operation, clients))).OfType<CellRun>().ToList();
            if (bounds.Count == run.Cell.Does.BoundedBy.Count
                && run.Cell.Deployment == CommonFactors.Local
                && !ContainerFactors.AreStated(run.Cell.Factors))
            {
                var (latencyUs, throughputOps) = (bounds.Sum(bound => bound.MeanLatencyUs), bounds[^1].MeanThroughputOps);
                run.Limit = new MachineLimit(
                    $"{string.Join(" + ", run.Cell.Does.BoundedBy)}, {clients} clients",
                    latencyUs,
                    throughputOps,
                    run.MeanLatencyUs - latencyUs,
                    run.MeanThroughputOps / throughputOps);
            }
        }
    }
}
