namespace Lab.Coordination.Clocks;

/// <summary>What the clock synchronisation needs of the node it is part of.</summary>
public interface IClockHost
{
    int Id { get; }

    Random Random { get; }

    void Send(int to, ClockMessage message);

    void SetTimer(string timer, long delayUs);

    void CancelTimer(string timer);

    /// <summary>A round that this node has led is over.</summary>
    void RoundEnded(ClockRound round);
}
