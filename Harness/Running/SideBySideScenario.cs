using Lab.Harness.Experiments;
using Lab.Harness.Systems;

namespace Lab.Harness.Running;

/// <summary>One system in two labs that are up at the same time: in containers, and as processes for the cells that say so.</summary>
/// <param name="inContainers">For all other cells.</param>
/// <param name="asProcesses">For cells with <c>isolation: process</c>.</param>
public sealed class SideBySideScenario(IScenario inContainers, IScenario asProcesses) : IScenario
{
    public string System => inContainers.System;

    public int Concurrency(Cell cell) => Of(cell).Concurrency(cell);

    public string Block(Cell cell) => Of(cell).Block(cell);

    public string PopulationKey(Cell cell) => ContainerFactors.RunsAsProcesses(cell)
        ? $"as processes: {asProcesses.PopulationKey(cell)}"
        : inContainers.PopulationKey(cell);

    public Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken) => Of(cell).PopulateAsync(cell, cancellationToken);

    private IScenario Of(Cell cell) => ContainerFactors.RunsAsProcesses(cell) ? asProcesses : inContainers;
}
