namespace Lab.Coordination.Elections;

/// <summary>What an election needs of the node it is part of.</summary>
public interface IElectionHost
{
    int Id { get; }

    Random Random { get; }

    void Send(int to, ElectionMessage message);

    void SetTimer(string timer, long delayUs);

    void CancelTimer(string timer);

    /// <summary>
    /// Asks for the next term at what all leaders write to; must be answered by <see cref="BullyElection.TermGranted"/> or
    /// <see cref="BullyElection.TermRefused"/>, however late. A term is given once: it fences all leaders of lower terms.
    /// </summary>
    void ClaimTerm();

    /// <summary>
    /// Asks what all leaders write to whether it has given this term; must be answered by <see cref="BullyElection.TermConfirmed"/>,
    /// and there is one such question at a time. What others say of terms is not believed without it.
    /// </summary>
    /// <param name="term">As somebody said.</param>
    /// <param name="leader">To whom it was given, as that one said of itself; null: to anybody.</param>
    void ConfirmTerm(long term, int? leader);

    /// <summary>Who leads has changed; <paramref name="leader"/> is null while nobody is known to.</summary>
    void LeaderChanged(int? leader, long term);

    /// <summary>For whoever watches: the election goes from one state to another.</summary>
    void StateChanged(ElectionState from, ElectionState to)
    {
    }
}
