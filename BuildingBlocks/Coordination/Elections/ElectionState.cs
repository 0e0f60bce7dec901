namespace Lab.Coordination.Elections;

/// <summary>What a node does about who leads.</summary>
public enum ElectionState
{
    /// <summary>It knows a leader, and leaves it at that.</summary>
    Following,

    /// <summary>It has asked higher ids whether they are there.</summary>
    Electing,

    /// <summary>A higher id is there: it waits for a leader to say so.</summary>
    AwaitingCoordinator,

    /// <summary>It has won, and waits for its term.</summary>
    Claiming,

    /// <summary>It leads.</summary>
    Leading,

    /// <summary>It was fenced, its claim failed, or it resigned: for a while it neither stands nor answers.</summary>
    Resting,
}
