using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Journal;
using Lab.MedalTally.Tables;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Stores;

/// <summary>The board in this process's memory, every write of it in a journal first (<c>docs/journal.md</c>).</summary>
internal sealed class JournalStore : ITallyStore
{
    private readonly JournalWriter<TallyTables, TallyWrite> _journal;

    private JournalStore(JournalWriter<TallyTables, TallyWrite> journal, UpdateLog updates) => (_journal, Updates) = (journal, updates);

    public UpdateLog Updates { get; }

    /// <summary>Takes the journal over from whoever wrote it before, and reads it.</summary>
    /// <param name="folder">Of the journal; made when it is missing.</param>
    /// <param name="logger">Hears of what costs time but loses nothing.</param>
    /// <param name="failed">Told when nothing can be written any more: the process must be started again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It cannot be read or written, or is damaged.</exception>
    /// <exception cref="FencedException">Another process has opened it meanwhile.</exception>
    public static async Task<JournalStore> OpenAsync(string folder, ILogger logger, Action<Exception> failed, CancellationToken cancellationToken)
    {
        var updates = new UpdateLog();
        var options = new JournalOptions<TallyTables, TallyWrite>
        {
            Folder = new JournalFolder(folder, "board-", "stop the lab and move the folder away: the board then begins anew, empty"),
            Records = JournalStoreJson.Default.IReadOnlyListTallyWrite,
            KeepsHistory = false,
            Logger = logger,
        };
        var journal = await JournalWriter.OpenAsync(options, (tables, _, writes) => Commit(tables, writes, updates), cancellationToken);

        // Nobody writes before the store is returned.
        updates.StartAfter(journal.State.Version);
        _ = TellAsync(journal.Failed, failed);
        return new JournalStore(journal, updates);
    }

    public ValueTask<TallyRow> ReadAsync(RowKind kind, int index) => new(_journal.State.Read(kind, index));

    public async ValueTask<TallyRow> WriteAsync(TallyWrite write)
    {
        try
        {
            await _journal.AppendAsync(write);

            // With this write, and perhaps with later ones.
            return _journal.State.Read(write.Kind, write.Index);
        }
        catch (Exception exception) when (exception is JournalBusyException or ObjectDisposedException)
        {
            throw new StoreException(exception.Message, isOutcomeUnknown: false, exception);
        }
        catch (Exception exception) when (exception is IOException or FencedException)
        {
            // Also who was fenced may have written a line that its successor has read.
            throw new StoreException(exception.Message, isOutcomeUnknown: true, exception);
        }
    }

    public ValueTask<BoardState> ReadBoardAsync(CancellationToken cancellationToken) => new(_journal.State.ToBoard());

    public ValueTask DisposeAsync() => _journal.DisposeAsync();

    /// <summary>By the journal's writer alone, before whoever waits for these writes goes on.</summary>
    private static void Commit(TallyTables tables, IReadOnlyList<TallyWrite> writes, UpdateLog updates)
    {
        var rows = new TallyRow[writes.Count];
        for (var number = 0; number < rows.Length; number++)
        {
            rows[number] = tables.Apply(writes[number]);
        }

        updates.Add(rows);
    }

    private static async Task TellAsync(Task<Exception> failing, Action<Exception> failed)
    {
        if (await failing is { } reason and not ObjectDisposedException)
        {
            failed(reason);
        }
    }
}

/// <summary>The JSON of the journal.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(IReadOnlyList<TallyWrite>))]
internal sealed partial class JournalStoreJson : JsonSerializerContext;
