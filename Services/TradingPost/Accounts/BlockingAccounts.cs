using Lab.TradingPost.Market;

namespace Lab.TradingPost.Accounts;

/// <summary>Accounts on a disk or behind a driver that blocks: each call runs on another thread, one at a time.</summary>
public abstract class BlockingAccounts : IAccounts
{
    private readonly Lock _oneAtATime = new();

    public Task PrepareAsync(CancellationToken cancellationToken) => RunAsync(Prepare, cancellationToken);

    public async Task<ClaimedAccounts> ClaimAsync(int trader, CancellationToken cancellationToken)
    {
        ClaimedAccounts? claimed = null;
        await RunAsync(
            () =>
            {
                GiveUp();
                claimed = Claim(trader, cancellationToken);
            },
            cancellationToken);
        return claimed!;
    }

    public Task AppendAsync(IReadOnlyList<AccountRecord> records, CancellationToken cancellationToken) =>
        RunAsync(() => Append(records), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await RunAsync(Close, CancellationToken.None);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="PrepareAsync"/>
    protected abstract void Prepare();

    /// <summary>No term is held when it is called.</summary>
    /// <inheritdoc cref="ClaimAsync"/>
    protected abstract ClaimedAccounts Claim(int trader, CancellationToken cancellationToken);

    /// <inheritdoc cref="AppendAsync"/>
    protected abstract void Append(IReadOnlyList<AccountRecord> records);

    /// <summary>The term that is held, if one is, is over for this writer.</summary>
    protected abstract void GiveUp();

    /// <summary>No other call follows.</summary>
    protected virtual void Close() => GiveUp();

    /// <summary>Disk or driver failed, and says so in its own way.</summary>
    protected abstract bool IsFailure(Exception exception);

    /// <summary>What callers get for such a failure.</summary>
    protected virtual IOException ToIOException(Exception exception) => new(exception.Message, exception);

    private Task RunAsync(Action work, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            lock (_oneAtATime)
            {
                try
                {
                    work();
                }
                catch (Exception exception) when (IsFailure(exception))
                {
                    throw ToIOException(exception);
                }
            }
        },
        cancellationToken);
}
