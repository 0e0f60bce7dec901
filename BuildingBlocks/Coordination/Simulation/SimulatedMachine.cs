namespace Lab.Coordination.Simulation;

/// <summary>A simulated node as it stays over crashes: its clock, its disk, its way to the others.</summary>
internal sealed class SimulatedMachine<TMessage>(
    int id, Func<SimulatedHost<TMessage>, INode<TMessage>> create, Func<object>? newDisk, long clockOffsetUs, int clockDriftPpm)
{
    private const long Million = 1_000_000;

    public int Id { get; } = id;

    public object? Disk { get; private set; } = newDisk?.Invoke();

    /// <summary>How often a process was started on it.</summary>
    public int Processes { get; private set; }

    /// <summary>Null while it is down.</summary>
    public SimulatedHost<TMessage>? Process { get; private set; }

    public long ClockUs(long simulatedUs) => clockOffsetUs + simulatedUs + (simulatedUs * clockDriftPpm / Million);

    /// <summary>What the machine's clock takes for so long, in simulated time.</summary>
    public long DurationUs(long us) => us * Million / (Million + clockDriftPpm);

    public SimulatedHost<TMessage> Start(Simulator<TMessage> simulator)
    {
        Processes++;
        Process = new SimulatedHost<TMessage>(simulator, this, Processes);
        Process.Node = create(Process);
        return Process;
    }

    public void Crash()
    {
        if (Process is not null)
        {
            Process.Alive = false;
            Process = null;
        }
    }

    public void LoseDisk() => Disk = newDisk?.Invoke();
}
