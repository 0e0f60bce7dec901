using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Journal;

namespace Lab.MedalTally.Tables;

/// <summary>The board in memory: written by one thread, read by any.</summary>
public sealed class TallyTables : IJournalState<TallyTables, TallyWrite>
{
    /// <summary>Rows are replaced, never changed: who has one can read it without a lock.</summary>
    private readonly StrongRow[] _teams = NewRows(RowKind.Team, Catalog.Teams);
    private readonly StrongRow[] _events = NewRows(RowKind.Event, Catalog.Events);
    private long _version;

    /// <summary>How many writes it has seen.</summary>
    public long Version => Volatile.Read(ref _version);

    public TallyRow Read(RowKind kind, int index) => Volatile.Read(ref Rows(kind)[index]).Row;

    /// <returns>The row afterwards.</returns>
    public TallyRow Apply(TallyWrite write)
    {
        var before = Read(write.Kind, write.Index);
        var version = _version + 1;
        var after = write.Kind == RowKind.Team
            ? before.Add(write.Medal, version)
            : before with { First = write.Rome, Second = write.Gaul, Version = version };
        Set(after);
        Volatile.Write(ref _version, version);
        return after;
    }

    /// <summary>All rows, teams first. While somebody writes, of some moment or the next ones.</summary>
    public BoardState ToBoard() => new(Version, [.. _teams.Concat(_events).Select(row => row.Row)]);

    /// <exception cref="InvalidOperationException">It is of another catalog.</exception>
    void IJournalState<TallyTables, TallyWrite>.Apply(TallyWrite record, long segment)
    {
        if (!record.IsValid)
        {
            throw new InvalidOperationException($"there is no such row or medal: {record}");
        }

        Apply(record);
    }

    public byte[] ToSnapshot() => JsonSerializer.SerializeToUtf8Bytes(ToBoard(), TablesJson.Default.BoardState);

    public static TallyTables FromSnapshot(ReadOnlySpan<byte> snapshot)
    {
        try
        {
            var tables = new TallyTables();
            tables.Restore(JsonSerializer.Deserialize(snapshot, TablesJson.Default.BoardState)!);
            return tables;
        }
        catch (JsonException exception)
        {
            throw new FormatException($"this is no medal tally: {exception.Message}", exception);
        }
    }

    private void Restore(BoardState? board)
    {
        if (board?.Rows is null || board.Version < 0
            || board.Rows.Any(row => !Enum.IsDefined(row.Kind) || row.Index < 0 || row.Index >= Rows(row.Kind).Length
                || row.First < 0 || row.Second < 0 || row.Third < 0 || row.Version > board.Version))
        {
            throw new FormatException("this is no medal tally, or one of other teams and events");
        }

        foreach (var row in board.Rows)
        {
            Set(row);
        }

        Volatile.Write(ref _version, board.Version);
    }

    private void Set(TallyRow row) => Volatile.Write(ref Rows(row.Kind)[row.Index], new StrongRow(row));

    private StrongRow[] Rows(RowKind kind) => kind == RowKind.Team ? _teams : _events;

    private static StrongRow[] NewRows(RowKind kind, IReadOnlyList<string> names) =>
        [.. names.Select((_, index) => new StrongRow(new TallyRow(kind, index, 0, 0, 0, 0)))];

    /// <summary>A reference can be replaced at once; a row of five numbers cannot.</summary>
    private sealed record StrongRow(TallyRow Row);
}

/// <summary>The whole board.</summary>
/// <param name="Version">How many writes it has seen.</param>
/// <param name="Rows">Teams and events.</param>
public sealed record BoardState(long Version, IReadOnlyList<TallyRow> Rows);

/// <summary>The JSON of snapshots.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(BoardState))]
internal sealed partial class TablesJson : JsonSerializerContext;
