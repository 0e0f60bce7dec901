using System.Text;
using Lab.Journal;
using Lab.MedalTally.Tables;
using Lab.ServiceDefaults;

namespace Lab.MedalTally.Stores;

/// <summary>store: where the board of this process is durable. Each store has a board of its own.</summary>
/// <param name="path">Of the file that says which one is used: who is started again goes on with the board that clients know.</param>
/// <param name="open">Opens a store by its name, when it is wanted for the first time.</param>
internal sealed class StoreChoice(string path, Func<string, CancellationToken, Task<ITallyStore>> open) : IRuntimeFactor, ITallyStore
{
    public const string Journal = "journal";
    public const string MySql = "mysql";

    private readonly Dictionary<string, ITallyStore> _opened = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _changing = new(1);
    private volatile ITallyStore? _store;

    public string Name => "store";

    public IReadOnlyList<string> Values { get; } = [Journal, MySql];

    public string Current { get; private set; } = "";

    public UpdateLog Updates => Store.Updates;

    private ITallyStore Store => _store ?? throw new StoreException("no board is open yet", isOutcomeUnknown: false);

    /// <summary>Opens the store that was used last; the first time the journal.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public async Task OpenLastAsync(CancellationToken cancellationToken)
    {
        var last = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken) : Journal;
        try
        {
            await SetAsync(Values.Contains(last, StringComparer.Ordinal) ? last : Journal, cancellationToken);
        }
        catch (StoreException exception)
        {
            throw new IOException($"the board that was used last is in {last}, which cannot be opened ({exception.Message}); to begin with the journal, remove {path}", exception);
        }
    }

    public async Task SetAsync(string value, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (!_opened.TryGetValue(value, out var store))
            {
                _opened[value] = store = await open(value, cancellationToken);
            }

            var before = _store;
            Disk.Replace(path, Encoding.UTF8.GetBytes(value));
            (_store, Current) = (store, value);
            before?.Updates.Wake();
        }
        finally
        {
            _changing.Release();
        }
    }

    public ValueTask<TallyRow> ReadAsync(RowKind kind, int index) => Store.ReadAsync(kind, index);

    public ValueTask<TallyRow> WriteAsync(TallyWrite write) => Store.WriteAsync(write);

    public ValueTask<BoardState> ReadBoardAsync(CancellationToken cancellationToken) => Store.ReadBoardAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _opened.Values)
        {
            await store.DisposeAsync();
        }

        _changing.Dispose();
    }
}
