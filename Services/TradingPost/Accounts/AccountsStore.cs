using Lab.Journal;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Accounts;

/// <summary>
/// The accounts of the market where they are durable: a journal that all peers can reach, written by the trader of the
/// highest term alone (<c>docs/journal.md</c>). Disks and drivers block: each call runs on another thread, one at a time.
/// </summary>
public abstract class AccountsStore : IAsyncDisposable
{
    private readonly Lock _oneAtATime = new();

    /// <summary>
    /// Does what need not wait for a claim, which is on the way of every election: connects, makes the folder or tables. May
    /// be left out, and may be called again.
    /// </summary>
    /// <exception cref="IOException">They cannot be reached; a claim tries again.</exception>
    public Task PrepareAsync(CancellationToken cancellationToken) => RunAsync(Prepare, cancellationToken);

    /// <summary>
    /// Takes the next term, which fences whoever wrote before, and reads what the accounts hold. Whatever an earlier trader
    /// was told to be durable is in it.
    /// </summary>
    /// <param name="trader">Who claims.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FencedException">A higher term was claimed while this one was being taken.</exception>
    /// <exception cref="IOException">They cannot be reached or read, or are damaged.</exception>
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

    /// <summary>Was this term given? Whoever hears of a term from others asks before it believes in it.</summary>
    /// <param name="term">Any number.</param>
    /// <param name="trader">To whom it must have been given; null: to anybody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">Nobody knows now.</exception>
    public async Task<bool> WasGivenAsync(long term, int? trader, CancellationToken cancellationToken)
    {
        var wasGiven = false;
        await RunAsync(() => wasGiven = term > 0 && WasGiven(term, trader), cancellationToken);
        return wasGiven;
    }

    /// <summary>
    /// Durable when it returns: all records or none. Calls come one after the other; each writes all its records together.
    /// After any exception the term is given up, and only a new claim helps.
    /// </summary>
    /// <param name="records">At least one.</param>
    /// <param name="cancellationToken">An append that has begun is not cancelled.</param>
    /// <exception cref="FencedException">A higher term has been claimed: nothing of this may be acknowledged.</exception>
    /// <exception cref="IOException">Nobody knows whether the records are there.</exception>
    /// <exception cref="InvalidOperationException">A record cannot follow what is there; nothing was written.</exception>
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

    /// <inheritdoc cref="WasGivenAsync"/>
    protected abstract bool WasGiven(long term, int? trader);

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
