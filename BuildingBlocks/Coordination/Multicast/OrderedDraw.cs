namespace Lab.Coordination.Multicast;

/// <summary>
/// A draw that comes out the same at all members, as it depends on nothing but the order: of the messages that are delivered every so-manieth enters,
/// and the draw is a message of the order, too, which carries the seed.
/// </summary>
/// <param name="every">Every so-manieth enters.</param>
/// <param name="maxEntries">So many at most; later ones are not taken before the next draw.</param>
public sealed class OrderedDraw(int every, int maxEntries = 1_000_000)
{
    private readonly List<long> _entries = [];

    /// <summary>How many messages were counted since the beginning.</summary>
    public long Counted { get; private set; }

    /// <summary>Who has entered since the latest draw, in order.</summary>
    public IReadOnlyList<long> Entries => _entries;

    /// <summary>The state of another member.</summary>
    public void Restore(long counted, IEnumerable<long> entries)
    {
        Counted = counted;
        _entries.Clear();
        _entries.AddRange(entries);
    }

    /// <summary>A message of this entrant was delivered. True when it has entered.</summary>
    public bool Count(long entrant)
    {
        if (++Counted % every != 0 || _entries.Count >= maxEntries)
        {
            return false;
        }

        _entries.Add(entrant);
        return true;
    }

    /// <summary>Draws one, and begins anew; null when nobody has entered.</summary>
    /// <param name="seed">As the message says; whoever sent it took it at random.</param>
    public long? Draw(long seed)
    {
        if (_entries.Count == 0)
        {
            return null;
        }

        var winner = _entries[(int)Math.BigMul(Mix((ulong)seed), (ulong)_entries.Count, out _)];
        _entries.Clear();
        return winner;
    }

    /// <summary>The last step of SplitMix64 (Steele, Lea, Flood 2014): the same in every program, unlike a library's generator.</summary>
    private static ulong Mix(ulong seed)
    {
        seed += 0x9E3779B97F4A7C15;
        seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9;
        seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB;
        return seed ^ (seed >> 31);
    }
}
