namespace Lab.Coordination.Simulation;

/// <summary>
/// One process of a simulated node, from a start to the next crash: what its <see cref="INode{TMessage}"/> knows of the
/// world. Calls of a process that has crashed do nothing.
/// </summary>
public sealed class SimulatedHost<TMessage> : INodeHost<TMessage>
{
    private readonly Simulator<TMessage> _simulator;
    private readonly SimulatedMachine<TMessage> _machine;
    private readonly Dictionary<string, SimulatedTimer> _timers = new(StringComparer.Ordinal);
    private Queue<SimulatedEvent<TMessage>>? _waiting;

    internal SimulatedHost(Simulator<TMessage> simulator, SimulatedMachine<TMessage> machine, int process)
    {
        _simulator = simulator;
        _machine = machine;
        Process = process;
        Random = new Random(HashCode(simulator.Seed, machine.Id, process));
        Alive = true;
    }

    public int Id => _machine.Id;

    /// <summary>Counts the node's processes, from 1.</summary>
    public int Process { get; }

    public long NowUs => _machine.ClockUs(_simulator.NowUs);

    public Random Random { get; }

    /// <summary>What survives crashes; null when the node was added without a disk.</summary>
    public object? Disk => _machine.Disk;

    public Simulator<TMessage> Simulator => _simulator;

    /// <summary>False after a crash, for ever.</summary>
    public bool Alive { get; internal set; }

    public bool Paused { get; private set; }

    internal long PausedUntilUs { get; set; }

    internal INode<TMessage>? Node { get; set; }

    /// <summary>Nodes that will be reported as disconnected because a message was sent to them while they were down.</summary>
    internal HashSet<int> Refusals { get; } = [];

    internal SimulatedMachine<TMessage> Machine => _machine;

    public void Send(int to, TMessage message)
    {
        if (Alive)
        {
            _simulator.Send(this, to, message);
        }
    }

    public void SetTimer(string timer, long delayUs)
    {
        if (!Alive)
        {
            return;
        }

        if (!_timers.TryGetValue(timer, out var set))
        {
            _timers.Add(timer, set = new SimulatedTimer(timer));
        }

        set.Setting++;
        _simulator.Schedule(
            _machine.DurationUs(Math.Max(0, delayUs)),
            new() { Kind = SimulatedEventKind.Timer, Target = this, What = set, Setting = set.Setting });
    }

    public void CancelTimer(string timer)
    {
        if (_timers.TryGetValue(timer, out var set))
        {
            set.Setting++;
        }
    }

    /// <summary>
    /// Calls back after a time, in this process: never if it has crashed by then; if it is paused, when it goes on. For what
    /// takes time outside of the node and is not a message: its disk, a shared store.
    /// </summary>
    public void Complete(long delayUs, Action callback)
    {
        if (Alive)
        {
            _simulator.Schedule(Math.Max(0, delayUs), new() { Kind = SimulatedEventKind.Completion, Target = this, What = callback });
        }
    }

    internal void Pause() => Paused = true;

    /// <summary>What has waited happens now, in the order in which it came.</summary>
    internal void Resume()
    {
        Paused = false;
        while (Alive && !Paused && _waiting is not null && _waiting.TryDequeue(out var waiting))
        {
            Happen(in waiting);
        }
    }

    internal void Happen(in SimulatedEvent<TMessage> happening)
    {
        if (Paused)
        {
            Wait(in happening);
            return;
        }

        var node = Node!;
        if (happening.Kind == SimulatedEventKind.Timer && ((SimulatedTimer)happening.What!).Setting != happening.Setting)
        {
            return;
        }

        _simulator.Note(happening.Kind, Id, happening.Other);
        switch (happening.Kind)
        {
            case SimulatedEventKind.Start:
                node.Start();
                break;
            case SimulatedEventKind.Message:
                _simulator.CountDelivered();
                node.Receive(happening.Other, happening.Message!);
                break;
            case SimulatedEventKind.Timer:
                var timer = (SimulatedTimer)happening.What!;
                timer.Setting++;
                node.Fire(timer.Name);
                break;
            case SimulatedEventKind.Disconnected:
                Refusals.Remove(happening.Other);
                node.Disconnected(happening.Other);
                break;
            case SimulatedEventKind.Completion:
                ((Action)happening.What!)();
                break;
        }
    }

    private void Wait(in SimulatedEvent<TMessage> happening)
    {
        _waiting ??= new Queue<SimulatedEvent<TMessage>>();
        if (happening.Kind == SimulatedEventKind.Message && _waiting.Count >= _simulator.Options.MaxWaiting)
        {
            _simulator.CountLost();
            return;
        }

        _waiting.Enqueue(happening);
    }

    /// <summary>The same in every process of this program, unlike System.HashCode.</summary>
    private static int HashCode(int seed, int id, int process) => unchecked((int)(((((uint)seed * 0x9E3779B1u) + (uint)id) * 0x85EBCA77u) + ((uint)process * 0xC2B2AE3Du)));
}
