using Lab.TradingPost.Market;

namespace Lab.TradingPost.Accounts;

/// <summary>
/// The accounts of the market where they are durable: a journal that all peers can reach, written by the trader of the
/// highest term alone (<c>docs/journal.md</c>).
/// </summary>
public interface IAccounts : IAsyncDisposable
{
    /// <summary>
    /// Does what need not wait for a claim, which is on the way of every election: connects, makes the folder or tables. May
    /// be left out, and may be called again.
    /// </summary>
    /// <exception cref="IOException">They cannot be reached; a claim tries again.</exception>
    Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Takes the next term, which fences whoever wrote before, and reads what the accounts hold. Whatever an earlier trader
    /// was told to be durable is in it.
    /// </summary>
    /// <param name="trader">Who claims.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FencedException">A higher term was claimed while this one was being taken.</exception>
    /// <exception cref="IOException">They cannot be reached or read, or are damaged.</exception>
    Task<ClaimedAccounts> ClaimAsync(int trader, CancellationToken cancellationToken);

    /// <summary>
    /// Durable when it returns: all records or none. Calls come one after the other; each writes all its records together.
    /// After any exception the term is given up, and only a new claim helps.
    /// </summary>
    /// <param name="records">At least one.</param>
    /// <param name="cancellationToken">An append that has begun is not cancelled.</param>
    /// <exception cref="FencedException">A higher term has been claimed: nothing of this may be acknowledged.</exception>
    /// <exception cref="IOException">Nobody knows whether the records are there.</exception>
    /// <exception cref="InvalidOperationException">A record cannot follow what is there; nothing was written.</exception>
    Task AppendAsync(IReadOnlyList<AccountRecord> records, CancellationToken cancellationToken);
}

/// <summary>Another trader has claimed a higher term.</summary>
public sealed class FencedException(string message) : Exception(message);
