using System.Runtime.InteropServices;
using Lab.Coordination.Clocks;

namespace Lab.Coordination.Histories;

/// <summary>
/// Checks that a sequence keeps the order of vector clocks: nothing comes after something that it happened before. To be fed
/// with events in the order in which they were dealt with; each event must have ticked its own node's entry.
/// </summary>
public sealed class VectorOrder
{
    /// <summary>Of each node, how many of its events the sequence so far knows of, and which element knew it first.</summary>
    private readonly Dictionary<int, (long Events, string Element)> _known = [];

    /// <summary>What is wrong with this element at this place, or null.</summary>
    /// <param name="element">Its name, for the answer.</param>
    /// <param name="node">Where it happened.</param>
    /// <param name="clock">When.</param>
    public string? Next(string element, int node, VectorClock clock)
    {
        // An event is known by a clock whose entry of its node is not smaller (Mattern 1988): no need to compare all pairs.
        var wrong = _known.TryGetValue(node, out var known) && known.Events >= clock[node]
            ? $"{element} {clock} comes after {known.Element}, but happened before it"
            : null;
        foreach (var (other, events) in clock.Entries)
        {
            ref var latest = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, other, out _);
            if (events > latest.Events)
            {
                latest = (events, element);
            }
        }

        return wrong;
    }
}
