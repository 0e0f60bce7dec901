using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Coordination.Multicast;

namespace Lab.MedalTally.Group;

/// <summary>What one member makes of the messages of the order: a hash of them, and the raffle. The same at all members.</summary>
internal sealed class Raffle
{
    /// <summary>Every so-manieth request enters its sender.</summary>
    public const int Every = 100;

    private const int MostEntries = 100_000;
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
        var name = Encoding.UTF8.GetBytes(client);
        return [Request, .. name.AsSpan(0, Math.Min(name.Length, LongestName))];
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
                _names[place] = Encoding.UTF8.GetString(name);
                break;
            case [DrawNow, .. var seed] when seed.Length == sizeof(long):
                var winner = _draw.Draw(BinaryPrimitives.ReadInt64BigEndian(seed));
                Winner = winner is { } won ? new RaffleEntry(won, _names[won]) : null;
                _names.Clear();
                break;
        }
    }

    /// <summary>For one who joins.</summary>
    public ReadOnlyMemory<byte> Snapshot() => JsonSerializer.SerializeToUtf8Bytes(
        new RaffleState(_hash, _draw.Counted, [.. Entries], Winner), RaffleJson.Default.RaffleState);

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        var state = JsonSerializer.Deserialize(snapshot.Span, RaffleJson.Default.RaffleState)!;
        (_hash, Winner) = (state.Hash, state.Winner);
        _names.Clear();
        foreach (var entry in state.Entries)
        {
            _names[entry.Place] = entry.Client;
        }

        _draw.Restore(state.Counted, state.Entries.Select(entry => entry.Place));
    }

    private void Mix(ulong value)
    {
        _hash = (_hash ^ value) * HashPrime;
        _hash ^= _hash >> 29;
    }
}

/// <summary>What a member knows of the order, for one who joins.</summary>
internal sealed record RaffleState(ulong Hash, long Counted, IReadOnlyList<RaffleEntry> Entries, RaffleEntry? Winner);

/// <summary>JSON of the raffle.</summary>
[JsonSerializable(typeof(RaffleState))]
internal sealed partial class RaffleJson : JsonSerializerContext;
