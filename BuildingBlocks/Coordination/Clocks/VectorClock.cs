using System.Text.Json.Serialization;

namespace Lab.Coordination.Clocks;

/// <summary>
/// A vector clock (Fidge 1988, Mattern 1988): how many events of each node are known. One event happened before another
/// when its clock is smaller in some entry and greater in none; otherwise they are concurrent. Immutable; nodes without
/// events have no entry.
/// </summary>
[JsonConverter(typeof(VectorClockConverter))]
public sealed class VectorClock : IEquatable<VectorClock>
{
    private readonly (int Node, long Events)[] _entries;

    /// <summary>Of the entries; 0 until it is asked for.</summary>
    private long _sum;

    private VectorClock((int Node, long Events)[] entries) => _entries = entries;

    public static VectorClock Zero { get; } = new([]);

    /// <summary>Nodes with their events, by rising node.</summary>
    public IReadOnlyList<(int Node, long Events)> Entries => _entries;

    /// <summary>Known events of all nodes: what happened before has a smaller sum, so ordering by sums keeps the vector order.</summary>
    public long Sum
    {
        get
        {
            if (_sum == 0)
            {
                long sum = 0;
                foreach (var (_, events) in _entries)
                {
                    sum += events;
                }

                _sum = sum;
            }

            return _sum;
        }
    }

    public long this[int node] => IndexOf(node) is var index and >= 0 ? _entries[index].Events : 0;

    /// <summary>A clock of these entries.</summary>
    /// <exception cref="ArgumentException">Nodes do not rise, or an entry has no events.</exception>
    public static VectorClock Of(params IReadOnlyList<(int Node, long Events)> entries)
    {
        for (var index = 0; index < entries.Count; index++)
        {
            if (entries[index].Events < 1 || (index > 0 && entries[index].Node <= entries[index - 1].Node))
            {
                throw new ArgumentException("entries of a vector clock have rising nodes and at least one event each", nameof(entries));
            }
        }

        return entries.Count == 0 ? Zero : new([.. entries]);
    }

    /// <summary>After one more event of a node.</summary>
    public VectorClock Tick(int node)
    {
        var index = IndexOf(node);
        if (index >= 0)
        {
            var ticked = _entries.AsSpan().ToArray();
            ticked[index].Events++;
            return new(ticked);
        }

        var longer = new (int Node, long Events)[_entries.Length + 1];
        _entries.AsSpan(0, ~index).CopyTo(longer);
        longer[~index] = (node, 1);
        _entries.AsSpan(~index).CopyTo(longer.AsSpan(~index + 1));
        return new(longer);
    }

    /// <summary>Knows what both know. Either of them itself, if it knows all that the other one does.</summary>
    public VectorClock Merge(VectorClock other)
    {
        var (nodes, mineAhead, theirsAhead) = Compare(other);
        if (!theirsAhead)
        {
            return this;
        }

        if (!mineAhead)
        {
            return other;
        }

        var (mine, theirs, merged) = (_entries, other._entries, new (int Node, long Events)[nodes]);
        int left = 0, right = 0;
        for (var index = 0; index < merged.Length; index++)
        {
            if (right == theirs.Length || (left < mine.Length && mine[left].Node < theirs[right].Node))
            {
                merged[index] = mine[left++];
            }
            else if (left == mine.Length || theirs[right].Node < mine[left].Node)
            {
                merged[index] = theirs[right++];
            }
            else
            {
                merged[index] = (mine[left].Node, Math.Max(mine[left++].Events, theirs[right++].Events));
            }
        }

        return new(merged);
    }

    /// <summary>Did the event with this clock happen before the other one?</summary>
    public bool IsBefore(VectorClock other) => Compare(other) is (_, MineAhead: false, TheirsAhead: true);

    public bool IsConcurrentWith(VectorClock other) => Compare(other) is (_, MineAhead: true, TheirsAhead: true);

    public bool Equals(VectorClock? other) => other is not null && _entries.AsSpan().SequenceEqual(other._entries);

    public override bool Equals(object? obj) => Equals(obj as VectorClock);

    public override int GetHashCode() => _entries.Aggregate(0, (hash, entry) => HashCode.Combine(hash, entry));

    public override string ToString() => $"[{string.Join(' ', _entries.Select(entry => FormattableString.Invariant($"{entry.Node}:{entry.Events}")))}]";

    /// <summary>How many nodes have entries in either, and whether each knows an event that the other one does not.</summary>
    private (int Nodes, bool MineAhead, bool TheirsAhead) Compare(VectorClock other)
    {
        var (mine, theirs) = (_entries, other._entries);
        int left = 0, right = 0, common = 0;
        bool mineAhead = false, theirsAhead = false;
        while (left < mine.Length && right < theirs.Length)
        {
            if (mine[left].Node == theirs[right].Node)
            {
                mineAhead |= mine[left].Events > theirs[right].Events;
                theirsAhead |= theirs[right++].Events > mine[left++].Events;
                common++;
            }
            else if (mine[left].Node < theirs[right].Node)
            {
                mineAhead = true;
                left++;
            }
            else
            {
                theirsAhead = true;
                right++;
            }
        }

        return (mine.Length + theirs.Length - common, mineAhead || left < mine.Length, theirsAhead || right < theirs.Length);
    }

    /// <summary>Where the node's entry is; otherwise the complement of where it would be.</summary>
    private int IndexOf(int node)
    {
        int low = 0, high = _entries.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var found = _entries[middle].Node;
            if (found == node)
            {
                return middle;
            }

            (low, high) = found < node ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
