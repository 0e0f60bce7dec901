using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Systems;
using Lab.Harness.Verdicts;

namespace Lab.Tests.Unit.Running;

/// <summary>What a scripted system does in an iteration.</summary>
internal enum Behaviour
{
    Works,

    /// <summary>Every third operation is refused.</summary>
    RefusesSome,

    /// <summary>No operation is answered.</summary>
    IsDead,

    /// <summary>It cannot even be asked.</summary>
    CannotBeSet,
}

/// <summary>A system without a network that does in each iteration what a test has written down.</summary>
internal sealed class ScriptedSystem(string name, params IReadOnlyList<Behaviour> script) : IScenario, IPopulation
{
    private int _iteration;
    private int _operations;

    public string System => name;

    /// <summary>Iterations that began with a warm-up, from 1.</summary>
    public List<int> Warm { get; } = [];

    public static Cell Cell(string system, int iterations, string operation = "operate", double errorsAtMost = 0, params string[] boundedBy) => new()
    {
        Experiment = "test",
        Group = "group",
        System = system,
        Operation = operation,
        Factors = new Dictionary<string, object> { ["clients"] = 1L },
        Iterations = iterations,
        OperationsPerClient = 30,
        ErrorsAtMost = errorsAtMost,
        Published = null,
        Info = new SystemInfo(system) { Operations = [new OperationInfo(operation) { BoundedBy = boundedBy }] },
    };

    public int Concurrency(Cell cell) => 1;

    public string PopulationKey(Cell cell) => "";

    public Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken) => Task.FromResult<IPopulation>(this);

    public Task ApplyAsync(Cell cell, CancellationToken cancellationToken)
    {
        _iteration++;
        return Now == Behaviour.CannotBeSet ? throw new IOException("it does not answer") : Task.CompletedTask;
    }

    public ILoad Load(Cell cell) => new NotedLoad(this, new ClosedLoop([new Client(this)]));

    public Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<Cell, VerdictResult>>(cells.ToDictionary(cell => cell, _ => VerdictResult.Kept("it says so")));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Behaviour Now => script[Math.Min(_iteration, script.Count) - 1];

    private sealed class NotedLoad(ScriptedSystem system, ClosedLoop loop) : ILoad
    {
        public Task ReadyAsync(CancellationToken cancellationToken) => loop.ReadyAsync(cancellationToken);

        public Task<LoadOutcome> RunAsync(int operationsPerClient, CancellationToken cancellationToken) =>
            loop.RunAsync(operationsPerClient, cancellationToken);

        public Task<LoadOutcome> RunForAsync(TimeSpan duration, CancellationToken cancellationToken)
        {
            if (!system.Warm.Contains(system._iteration))
            {
                system.Warm.Add(system._iteration);
            }

            return loop.RunForAsync(TimeSpan.FromMilliseconds(1), cancellationToken);
        }
    }

    private sealed class Client(ScriptedSystem system) : LoadClient(0)
    {
        public override ValueTask OperateAsync(CancellationToken cancellationToken) => system.Now switch
        {
            Behaviour.IsDead => throw new TimeoutException("nobody is there"),
            Behaviour.RefusesSome when system._operations++ % 3 == 0 => throw new TimeoutException("too busy"),
            _ => ValueTask.CompletedTask,
        };
    }
}
