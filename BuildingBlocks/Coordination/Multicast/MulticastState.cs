namespace Lab.Coordination.Multicast;

/// <summary>Where a member of a group stands.</summary>
public enum MulticastState
{
    /// <summary>It is no member, and wants to be one.</summary>
    Joining,

    /// <summary>It is in the view, and waits for the state.</summary>
    Restoring,

    /// <summary>It sends and delivers.</summary>
    Active,

    /// <summary>The view ends: it has stopped, and waits for the next one.</summary>
    Flushing,
}
