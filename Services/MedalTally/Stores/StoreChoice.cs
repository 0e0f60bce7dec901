using Lab.MedalTally.Tables;
using Lab.ServiceDefaults;

namespace Lab.MedalTally.Stores;

/// <summary>store: where the board of this process is durable. Each store has a board of its own.</summary>
/// <param name="open">Opens a store by its name, when it is wanted for the first time.</param>
internal sealed class StoreChoice(Func<string, CancellationToken, Task<ITallyStore>> open) : IRuntimeFactor, ITallyStore
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

    public async Task SetAsync(string value, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (!_opened.TryGetValue(value, out var store))
            {
                _opened[value] = store = await open(value, cancellationToken);
            }

            (_store, Current) = (store, value);
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
