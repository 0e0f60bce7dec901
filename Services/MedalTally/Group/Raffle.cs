using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Lab.Coordination.Multicast;

namespace Lab.MedalTally.Group;

/// <summary>What one member makes of the messages of the order: a hash of them, and the raffle. The same at all members.</summary>
internal sealed class Raffle
{
    /// <summary>Every so-manieth request enters its sender.</summary>
    public const int Every = 100;

    /// <summary>So few that with the longest names all of them fit into one frame, which is how they get to a member that joins.</summary>
    private const int MostEntries = 10_000;
    private const int LongestName = 64;
    private const ulong HashBasis = 14695981039346656037;
    private const ulong HashPrime = 1099511628211;

    /// <summary>First byte of a message: what it is.</summary>
    private const byte Request = 1;
    private const byte DrawNow = 2;

    private readonly OrderedDraw _draw = new(Every, MostEntries);
    private readonly Dictionary<long, string> _names = [];
    private ulong _hash = HashBasis;

    public string Hash => _hash.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Requests that were counted.</summary>
    public long Requests => _draw.Counted;

    /// <summary>In order.</summary>
    public IReadOnlyList<RaffleEntry> Entries => [.. _draw.Entries.Select(place => new RaffleEntry(place, _names[place]))];

    public RaffleEntry? Winner { get; private set; }

    public static byte[] RequestOf(string client)
    {
        var message = new byte[1 + LongestName];
        message[0] = Request;

        // As many whole characters as there is room for.
        Encoding.UTF8.GetEncoder().Convert(client, message.AsSpan(1), flush: true, out _, out var nameBytes, out _);
        return message[..(1 + nameBytes)];
    }

    /// <param name="seed">Decides who wins.</param>
    public static byte[] DrawOf(long seed)
    {
        var message = new byte[1 + sizeof(long)];
        message[0] = DrawNow;
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(1), seed);
        return message;
    }

    /// <summary>The next message of the order.</summary>
    public void Deliver(long place, int sender, ReadOnlySpan<byte> message)
    {
        Mix((ulong)place);
        Mix((ulong)sender);
        var rest = message;
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
        {
            Mix(BinaryPrimitives.ReadUInt64LittleEndian(rest));
        }

        foreach (var last in rest)
        {
            Mix(last);
        }

        switch (message)
        {
            case [Request, .. var name] when _draw.Count(place):
                _names[place] = Encoding.UTF8.GetString(name.Length > LongestName ? name[..LongestName] : name);
                break;
            case [DrawNow, .. var seed] when seed.Length == sizeof(long):
                var winner = _draw.Draw(BinaryPrimitives.ReadInt64BigEndian(seed));
                Winner = winner is { } won ? new RaffleEntry(won, _names[won]) : null;
                _names.Clear();
                break;
        }
    }

    /// <summary>For one who joins: the hash, how many requests were counted, the winner of the latest draw or none, and the entries.</summary>
    public ReadOnlyMemory<byte> Snapshot()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(_hash);
        writer.Write(_draw.Counted);
        writer.Write(Winner is not null);
        foreach (var entry in Winner is null ? Entries : Entries.Prepend(Winner))
        {
            writer.Write(entry.Place);
            writer.Write(entry.Client);
        }

        writer.Flush();
        return bytes.ToArray();
    }

    /// <exception cref="EndOfStreamException">This is none.</exception>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        using var reader = new BinaryReader(new MemoryStream(snapshot.ToArray(), writable: false), Encoding.UTF8);
        _hash = reader.ReadUInt64();
        var counted = reader.ReadInt64();
        Winner = reader.ReadBoolean() ? new RaffleEntry(reader.ReadInt64(), reader.ReadString()) : null;
        _names.Clear();
        var places = new List<long>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            places.Add(reader.ReadInt64());
            _names[places[^1]] = reader.ReadString();
        }

        _draw.Restore(counted, places);
    }

    private void Mix(ulong value)
    {
        _hash = (_hash ^ value) * HashPrime;
        _hash ^= _hash >> 29;
    }
}
