namespace Lab.Coordination.Simulation;

/// <summary>
/// Runs nodes in simulated time, on one thread: a queue of events by time, and nothing that is not decided by the seed. The
/// same seed gives the same run, event for event.
/// </summary>
public sealed class Simulator<TMessage>
{
    /// <summary>Events of the same time happen in the order in which they were caused.</summary>
    private readonly PriorityQueue<SimulatedEvent<TMessage>, (long Us, long Number)> _events = new();

    private readonly Dictionary<int, SimulatedMachine<TMessage>> _machines = [];
    private readonly List<SimulatedMachine<TMessage>> _ordered = [];
    private readonly Random _network;
    private readonly Dictionary<(int From, int To), int> _blocked = [];
    private SimulationCounts _counts;
    private long _scheduled;

    /// <param name="seed">Decides everything.</param>
    /// <param name="options">Of the network and the machines.</param>
    public Simulator(int seed, SimulationOptions? options = null)
    {
        Seed = seed;
        Options = options ?? new SimulationOptions();
        _network = new Random(seed);
        Random = new Random(unchecked(seed + 0x5DEECE6D));
    }

    public int Seed { get; }

    public SimulationOptions Options { get; }

    /// <summary>Simulated time since the beginning.</summary>
    public long NowUs { get; private set; }

    public SimulationCounts Counts => _counts;

    /// <summary>A fingerprint of all events so far: time, kind, nodes. Two runs with the same one went the same way.</summary>
    public ulong TraceHash { get; private set; } = 14695981039346656037;

    /// <summary>Randomness for whoever simulates more than messages, such as a shared store.</summary>
    public Random Random { get; }

    /// <summary>
    /// Makes what a liar says instead of a message, in the name of its sender: <see cref="SimulationOptions.ForgeChance"/>. Null:
    /// nobody lies.
    /// </summary>
    public Func<TMessage, Random, TMessage>? Forge { get; set; }

    /// <summary>Is told of every event, for a look at one run: when, what, at which node, about which other one.</summary>
    public Action<long, string, int, int>? Trace { get; set; }

    /// <summary>Adds a node; it starts when the simulation runs.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="create">Makes the node anew at every start; what survived is in <see cref="SimulatedHost{TMessage}.Disk"/>.</param>
    /// <param name="newDisk">Makes an empty disk.</param>
    public void Add(int id, Func<SimulatedHost<TMessage>, INode<TMessage>> create, Func<object>? newDisk = null)
    {
        var offset = Options.MaxClockOffsetUs == 0 ? 0 : Random.NextInt64(2 * Options.MaxClockOffsetUs);
        var drift = Random.Next(-Options.MaxClockDriftPpm, Options.MaxClockDriftPpm + 1);
        var machine = new SimulatedMachine<TMessage>(id, create, newDisk, offset, drift);
        _machines.Add(id, machine);
        _ordered.Add(machine);
        At(NowUs + Random.NextInt64(Options.StartSpreadUs + 1), () => Start(machine));
    }

    /// <summary>The node's process; null while it is down.</summary>
    public SimulatedHost<TMessage>? Host(int id) => _machines[id].Process;

    /// <summary>Does something at a time, outside of all nodes; at once if that time is over.</summary>
    public void At(long timeUs, Action step) => Schedule(Math.Max(0, timeUs - NowUs), new() { Kind = SimulatedEventKind.Step, What = step });

    /// <summary>Lets these faults happen.</summary>
    public void Apply(IEnumerable<Fault> plan)
    {
        foreach (var fault in plan)
        {
            At(fault.AtUs, () => Begin(fault));
            if (fault.ForUs != Fault.Forever)
            {
                At(fault.AtUs + fault.ForUs, () => End(fault));
            }
        }
    }

    /// <summary>Runs on until a time, or until so many events more have happened; false when it was the latter.</summary>
    /// <exception cref="SimulationException">A node has thrown an exception; it is the inner one.</exception>
    public bool Run(long untilUs, long maxEvents = long.MaxValue)
    {
        var last = maxEvents == long.MaxValue ? long.MaxValue : _counts.Events + maxEvents;
        try
        {
            while (_events.TryPeek(out _, out var time) && time.Us <= untilUs)
            {
                if (_counts.Events >= last)
                {
                    return false;
                }

                NowUs = time.Us;
                var happening = _events.Dequeue();
                if (happening.Kind == SimulatedEventKind.Step)
                {
                    Note(SimulatedEventKind.Step, 0, 0);
                    ((Action)happening.What!)();
                }
                else if (happening.Target!.Alive)
                {
                    happening.Target.Happen(in happening);
                }
            }
        }
        catch (Exception exception) when (exception is not SimulationException)
        {
            throw Violation($"{exception.GetType().Name}: {exception.Message}", exception);
        }

        NowUs = Math.Max(NowUs, untilUs);
        return true;
    }

    /// <summary>To be thrown when something happened that must not.</summary>
    public SimulationException Violation(string what, Exception? cause = null) => new(
        FormattableString.Invariant($"seed {Seed}, {NowUs / 1e3:0.000} ms, event {_counts.Events}: {what}"), cause);

    /// <summary>The node's process ends; the others' connections to it with it.</summary>
    public void Crash(int id)
    {
        var machine = _machines[id];
        if (machine.Process is null)
        {
            return;
        }

        _counts.Crashes++;
        machine.Crash();
        foreach (var other in _ordered)
        {
            if (other.Process is { } process && !IsBlocked(id, other.Id))
            {
                Disconnect(process, id);
            }
        }
    }

    /// <summary>Starts a process where there is none.</summary>
    public void Restart(int id, bool keepDisk = true)
    {
        var machine = _machines[id];
        if (machine.Process is null)
        {
            _counts.Restarts++;
            if (!keepDisk)
            {
                _counts.DisksLost++;
                machine.LoseDisk();
            }

            Start(machine);
        }
    }

    /// <summary>The node's process stands still from now on.</summary>
    public void Pause(int id, long forUs = Fault.Forever)
    {
        if (_machines[id].Process is { } process)
        {
            _counts.Pauses++;
            process.Pause();
            process.PausedUntilUs = Math.Max(process.PausedUntilUs, forUs == Fault.Forever ? Fault.Forever : NowUs + forUs);
        }
    }

    /// <summary>It goes on, and what has waited happens to it.</summary>
    public void Resume(int id)
    {
        if (_machines[id].Process is { Paused: true } process)
        {
            process.PausedUntilUs = 0;
            process.Resume();
        }
    }

    /// <summary>From now on nothing passes from one node to another one. Counts: it takes as many <see cref="Unblock"/>.</summary>
    public void Block(int from, int to) => _blocked[(from, to)] = _blocked.GetValueOrDefault((from, to)) + 1;

    public void Unblock(int from, int to)
    {
        if (--_blocked[(from, to)] == 0)
        {
            _blocked.Remove((from, to));
        }
    }

    internal void Schedule(long delayUs, SimulatedEvent<TMessage> happening) =>
        _events.Enqueue(happening, (NowUs + delayUs, _scheduled++));

    internal void Send(SimulatedHost<TMessage> from, int to, TMessage message)
    {
        _counts.Sent++;
        if (!_machines.TryGetValue(to, out var machine))
        {
            _counts.Lost++;
            return;
        }

        if (to == from.Id)
        {
            Schedule(1, new() { Kind = SimulatedEventKind.Message, Target = from, Other = to, Message = message });
            return;
        }

        if (IsBlocked(from.Id, to))
        {
            _counts.Blocked++;
            return;
        }

        if (machine.Process is not { } process)
        {
            _counts.Lost++;
            if (!IsBlocked(to, from.Id) && from.Refusals.Add(to))
            {
                Disconnect(from, to);
            }

            return;
        }

        var calm = NowUs >= Options.CalmAfterUs;
        if (!calm && Happens(Options.DropChance))
        {
            _counts.Lost++;
            return;
        }

        var happening = new SimulatedEvent<TMessage> { Kind = SimulatedEventKind.Message, Target = process, Other = from.Id, Message = message };
        Schedule(DelayUs(calm), happening);
        if (calm)
        {
            return;
        }

        if (Happens(Options.DuplicateChance))
        {
            _counts.Duplicated++;
            Schedule(DelayUs(calm), happening);
        }

        if (Happens(Options.ReplayChance))
        {
            _counts.Replayed++;
            Schedule(DelayUs(calm) + _network.NextInt64(Options.ReplayUs + 1), happening);
        }

        if (Forge is not null && Happens(Options.ForgeChance))
        {
            _counts.Forged++;
            Schedule(DelayUs(calm), happening with { Message = Forge(message, _network) });
        }
    }

    internal void CountDelivered() => _counts.Delivered++;

    internal void CountLost() => _counts.Lost++;

    internal void Note(SimulatedEventKind kind, int node, int other)
    {
        _counts.Events++;
        var mixed = (ulong)NowUs ^ ((ulong)kind << 56) ^ ((ulong)(uint)node << 44) ^ ((ulong)(uint)other << 32);
        TraceHash = (TraceHash ^ mixed) * 1099511628211;
        TraceHash ^= TraceHash >> 29;
        Trace?.Invoke(NowUs, kind.ToString(), node, other);
    }

    private void Start(SimulatedMachine<TMessage> machine)
    {
        if (machine.Process is null)
        {
            Schedule(0, new() { Kind = SimulatedEventKind.Start, Target = machine.Start(this) });
        }
    }

    private void Disconnect(SimulatedHost<TMessage> process, int other) => Schedule(
        1 + _network.NextInt64(Options.DisconnectUs), new() { Kind = SimulatedEventKind.Disconnected, Target = process, Other = other });

    private bool IsBlocked(int from, int to) => _blocked.Count > 0 && _blocked.ContainsKey((from, to));

    private bool Happens(double chance) => chance > 0 && _network.NextDouble() < chance;

    private long DelayUs(bool calm)
    {
        var delay = Options.MinDelayUs + (long)(-Math.Log(1 - _network.NextDouble()) * Options.MeanExtraDelayUs);
        if (!calm && Happens(Options.SlowChance))
        {
            _counts.Slowed++;
            delay += _network.NextInt64(Options.SlowUs + 1);
        }

        return delay;
    }

    private void Begin(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Crash or FaultKind.CrashWithDisk:
                Each(fault.Nodes, Crash);
                break;
            case FaultKind.Pause:
                Each(fault.Nodes, node => Pause(node, fault.ForUs));
                break;
            default:
                _counts.Partitions++;
                Each(fault, Block);
                break;
        }
    }

    private void End(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Crash or FaultKind.CrashWithDisk:
                Each(fault.Nodes, node => Restart(node, fault.Kind == FaultKind.Crash));
                break;
            case FaultKind.Pause:
                // A later pause of the same node may last longer.
                Each(fault.Nodes.Where(node => Host(node)?.PausedUntilUs <= NowUs), Resume);
                break;
            default:
                Each(fault, Unblock);
                break;
        }
    }

    private static void Each(IEnumerable<int> nodes, Action<int> act)
    {
        foreach (var node in nodes)
        {
            act(node);
        }
    }

    private static void Each(Fault fault, Action<int, int> act)
    {
        foreach (var from in fault.Nodes)
        {
            foreach (var to in fault.Others ?? [])
            {
                act(from, to);
                if (fault.Kind == FaultKind.Partition)
                {
                    act(to, from);
                }
            }
        }
    }
}
