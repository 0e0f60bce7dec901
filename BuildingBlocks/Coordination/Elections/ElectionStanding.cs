namespace Lab.Coordination.Elections;

/// <summary>Where a node stands in an election: its state, and the leader and term that it knows. Its host is told of every change.</summary>
internal sealed class ElectionStanding(IElectionHost host, Voters voters)
{
    /// <summary>One is enough: no state waits for two things.</summary>
    public const string Timer = "election";

    public ElectionState State { get; private set; }

    public int? Leader { get; private set; }

    public long Term { get; private set; }

    /// <param name="state">From now on.</param>
    /// <param name="timeoutUs">How long it may last; null: as long as it wants.</param>
    public void Enter(ElectionState state, long? timeoutUs = null)
    {
        var before = State;
        State = state;
        if (timeoutUs is { } delay)
        {
            SetTimer(delay);
        }
        else
        {
            host.CancelTimer(Timer);
        }

        if (before != state)
        {
            host.StateChanged(before, state);
        }
    }

    public void SetTimer(long delayUs) => host.SetTimer(Timer, delayUs);

    public void SetLeader(int? leader, long term)
    {
        if (leader != Leader || term != Term)
        {
            (Leader, Term) = (leader, term);
            host.LeaderChanged(leader, term);
        }
    }

    public void Send(int to, ElectionMessageKind kind) => host.Send(to, new ElectionMessage(kind, Term));

    public void SendAll(ElectionMessageKind kind)
    {
        foreach (var node in voters.Others)
        {
            Send(node, kind);
        }
    }
}
