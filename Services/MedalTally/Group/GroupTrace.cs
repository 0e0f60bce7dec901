using System.Text.Json.Serialization;
using Lab.Coordination.Clocks;
using Lab.Coordination.Multicast;
using Lab.Threading;

namespace Lab.MedalTally.Group;

/// <summary>What happened at a member.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GroupEventKind>))]
public enum GroupEventKind
{
    Sent,
    Received,

    /// <summary>A message of the order was delivered.</summary>
    Delivered,

    /// <summary>The clock was corrected.</summary>
    Stepped,
}

/// <summary>Something that happened at a member.</summary>
/// <param name="AtUs">By CLOCK_MONOTONIC, which all processes of a machine share.</param>
/// <param name="Kind">What.</param>
/// <param name="Peer">To or from whom; the member itself where there is no other one.</param>
/// <param name="Label">Which message; what is sent and what is received have the same.</param>
public sealed record GroupEvent(long AtUs, GroupEventKind Kind, int Peer, string Label);

/// <summary>Notes what happens at a member from a moment on, for a drawing; on the member's thread.</summary>
/// <param name="self">The member.</param>
/// <param name="isOfOrder">The group orders: what is said about clocks would only be in the way.</param>
internal sealed class GroupTrace(int self, bool isOfOrder)
{
    /// <summary>A drawing of more could not be read.</summary>
    private const int MostEvents = 100;

    private readonly List<GroupEvent> _events = [];
    private bool _isOn;

    public IReadOnlyList<GroupEvent> Events => [.. _events];

    private bool IsWanted => _isOn && _events.Count < MostEvents;

    /// <summary>Forgets what was, and begins.</summary>
    public void Begin()
    {
        _events.Clear();
        _isOn = true;
    }

    /// <param name="kind">Sent or received.</param>
    /// <param name="peer">To or from whom.</param>
    /// <param name="message">Which.</param>
    public void Note(GroupEventKind kind, int peer, ClockMessage message)
    {
        if (IsWanted && !isOfOrder)
        {
            Add(kind, peer, FormattableString.Invariant($"{message.Kind} {message.Round}.{message.Sample}").ToLowerInvariant());
        }
    }

    /// <inheritdoc cref="Note(GroupEventKind, int, ClockMessage)"/>
    public void Note(GroupEventKind kind, int peer, MulticastMessage message)
    {
        if (IsWanted && message.Kind == MulticastMessageKind.Traffic)
        {
            Add(kind, peer, message.Batch is { } batch
                ? FormattableString.Invariant($"batch {batch.Number} at time {message.Clock}, has {string.Join(' ', message.Numbers)}")
                : FormattableString.Invariant($"has {string.Join(' ', message.Numbers)} at time {message.Clock}"));
        }
    }

    public void NoteDelivered(long place)
    {
        if (IsWanted)
        {
            Add(GroupEventKind.Delivered, self, FormattableString.Invariant($"{place}"));
        }
    }

    public void NoteStep(long us)
    {
        if (IsWanted && !isOfOrder)
        {
            Add(GroupEventKind.Stepped, self, FormattableString.Invariant($"{us / 1e6:+0.000000;-0.000000} s"));
        }
    }

    private void Add(GroupEventKind kind, int peer, string label) => _events.Add(new GroupEvent(MonotonicClock.NowUs, kind, peer, label));
}
