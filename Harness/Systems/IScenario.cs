using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Verdicts;

namespace Lab.Harness.Systems;

/// <summary>What the load does to one system.</summary>
public interface IScenario
{
    /// <summary>The system's name in experiments and topology.</summary>
    string System { get; }

    /// <summary>How many clients are active at once in a cell.</summary>
    int Concurrency(Cell cell);

    /// <summary>
    /// Cells of one block take turns, and their populations live at the same time: all with as many active clients, unless a
    /// system cannot have that.
    /// </summary>
    string Block(Cell cell) => FormattableString.Invariant($"{Concurrency(cell)} clients");

    /// <summary>Cells with equal keys share clients and data.</summary>
    string PopulationKey(Cell cell);

    /// <summary>Brings up clients and data.</summary>
    Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken);
}

/// <summary>Clients and data that several cells use, one after the other.</summary>
public interface IPopulation : IAsyncDisposable
{
    /// <summary>Puts the system into the state that the cell's factors ask for.</summary>
    Task ApplyAsync(Cell cell, CancellationToken cancellationToken);

    /// <summary>The load of a cell; the same one for every iteration of it.</summary>
    ILoad Load(Cell cell);

    /// <summary>
    /// What a process does for a cell, where its name does not tell it: where every engine has a server of its own, names would
    /// only repeat the engine. Null: its name tells it.
    /// </summary>
    string? RoleOf(Cell cell, string process) => null;

    /// <summary>Where the time of slow operations of an iteration went, in cells that follow their requests.</summary>
    Task<IReadOnlyList<SlowRequest>> ExplainAsync(
        Cell cell, IReadOnlyList<SlowOperation> slowest, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<SlowRequest>>([]);

    /// <summary>Were the system's invariants kept in these cells? Called once, when all of them have run.</summary>
    Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken);
}
