namespace Lab.Coordination.Multicast;

/// <summary>What ordered multicast needs of the node it is part of. Nothing here may call back into <see cref="OrderedMulticast"/>, but for <see cref="OrderedMulticast.TrySubmit"/>.</summary>
public interface IMulticastHost
{
    int Id { get; }

    Random Random { get; }

    /// <summary>Sends without waiting; nobody promises that it arrives. The message may be kept, and is not changed any more.</summary>
    void Send(int to, MulticastMessage message);

    void SetTimer(string timer, long delayUs);

    /// <summary>
    /// Puts this view into the register if that holds the one before (<c>view.Number - 1</c>); must be answered by
    /// <see cref="OrderedMulticast.ViewAnswered"/> with what it holds afterwards, however late. One question is under way at a time.
    /// </summary>
    void ClaimView(GroupView view);

    /// <summary>Reads the register; answered as <see cref="ClaimView"/> is.</summary>
    void ReadView();

    /// <summary>The next message of the order.</summary>
    /// <param name="place">Counts from 1, or from where <see cref="Restore"/> left it, without gaps; the same at all members.</param>
    /// <param name="sender">Its node. When it is this one, it is one of this process's own messages.</param>
    /// <param name="number">Of the message among those its sender's process has submitted, from 1.</param>
    /// <param name="payload">May be kept.</param>
    void Deliver(long place, int sender, long number, ReadOnlyMemory<byte> payload);

    /// <summary>A new view; all who come from the same earlier one have delivered just the same.</summary>
    /// <param name="view">From now on.</param>
    /// <param name="place">Of the last message before it.</param>
    void ViewInstalled(GroupView view, long place);

    /// <summary>The state after the latest message, for one who joins. It goes in one message; what is larger has to be fetched by what is said here.</summary>
    ReadOnlyMemory<byte> Snapshot();

    /// <summary>This node has joined: its state is to be what another one had after the message at this place.</summary>
    void Restore(long place, ReadOnlyMemory<byte> snapshot);

    /// <summary>
    /// The others go on without this node; it will join anew, and gets their state. Its messages that it had not delivered may be in the order, or
    /// may not: nobody can tell, and they are not sent again.
    /// </summary>
    /// <param name="firstLost">Number of the first of them.</param>
    /// <param name="lost">How many.</param>
    void Excluded(long firstLost, int lost);
}
