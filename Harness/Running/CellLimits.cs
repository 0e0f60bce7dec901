using Lab.Harness.Experiments;
using Lab.LocalHost;
using Lab.Topology;

namespace Lab.Harness.Running;

/// <summary>
/// Puts the limits that a cell asks for on every service of its system, and takes them away for the next one. Databases
/// and caches are never limited: a cloud offers them as services of their own.
/// </summary>
/// <param name="topology">What runs.</param>
/// <param name="lab">Null for one that somebody else started: cells with limits are not planned for it.</param>
public sealed class CellLimits(LabTopology topology, LocalLab? lab)
{
    private readonly HashSet<string> _limited = new(StringComparer.Ordinal);

    /// <param name="cell">Null: whatever comes next, nothing is limited.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabStartException">The container engine refuses.</exception>
    public async Task ApplyAsync(Cell? cell, CancellationToken cancellationToken)
    {
        if (lab is null)
        {
            return;
        }

        var limits = cell is null ? null : ContainerFactors.LimitsOf(cell);
        foreach (var service in topology.Services.Select(service => (service.Name, Limits: service.System == cell?.System ? limits : null)))
        {
            if (service.Limits is not null || _limited.Remove(service.Name))
            {
                await lab.LimitAsync(service.Name, service.Limits, cancellationToken);
            }

            if (service.Limits is not null)
            {
                _limited.Add(service.Name);
            }
        }
    }
}
