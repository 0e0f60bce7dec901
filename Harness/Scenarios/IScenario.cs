using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;

namespace Lab.Harness.Scenarios;

/// <summary>What the load does to one system. Adding a system means adding one of these.</summary>
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

    /// <summary>Where the time of slow operations of an iteration went, in cells that follow their requests.</summary>
    Task<IReadOnlyList<SlowRequest>> ExplainAsync(
        Cell cell, IReadOnlyList<SlowOperation> slowest, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<SlowRequest>>([]);

    /// <summary>Were the system's invariants kept in these cells? Called once, when all of them have run.</summary>
    Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken);
}

/// <summary>A verdict with the reason a reader wants.</summary>
public sealed record VerdictResult(Verdict Verdict, string Reason)
{
    public static VerdictResult Kept(string reason) => new(Verdict.True, reason);

    public static VerdictResult Broken(string reason) => new(Verdict.False, reason);

    public static VerdictResult Unchecked(string reason) => new(Verdict.Unknown, reason);

    /// <summary>The worst of several, with the reasons for it.</summary>
    public static VerdictResult All(IReadOnlyList<VerdictResult> results)
    {
        var worst = results.Max(result => result.Verdict);
        return new VerdictResult(worst, string.Join("; ", results.Where(result => result.Verdict == worst).Select(result => result.Reason)));
    }
}
