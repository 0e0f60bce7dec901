using Lab.MedalTally.Tables;
using Lab.Transport.Client;

namespace Lab.MedalTally.Stores;

/// <summary>
/// Where the board is: in this process with a journal, in MySQL, or at the database server of the second tier. Called by any
/// number of threads.
/// </summary>
internal interface ITallyStore : IAsyncDisposable
{
    /// <summary>The changes that can be followed. Another log later on: another board, or one whose changes do not follow those before.</summary>
    UpdateLog Updates { get; }

    /// <param name="kind">Of the row.</param>
    /// <param name="index">Of the row; there is such a one.</param>
    /// <exception cref="StoreException">It cannot be read.</exception>
    ValueTask<TallyRow> ReadAsync(RowKind kind, int index);

    /// <summary>Durable when it returns.</summary>
    /// <param name="write">Valid.</param>
    /// <returns>The row afterwards.</returns>
    /// <exception cref="StoreException">It is not; or nobody knows.</exception>
    ValueTask<TallyRow> WriteAsync(TallyWrite write);

    /// <exception cref="StoreException">It cannot be read.</exception>
    ValueTask<BoardState> ReadBoardAsync(CancellationToken cancellationToken);

    /// <summary>Lets <see cref="Updates"/> be fed, where that costs something; may be called again.</summary>
    void Follow()
    {
    }
}

/// <summary>A store did not do what it was asked for.</summary>
/// <param name="message">Why.</param>
/// <param name="isOutcomeUnknown">The write may be there all the same.</param>
/// <param name="inner">What was thrown below.</param>
public sealed class StoreException(string message, bool isOutcomeUnknown, Exception? inner = null) : Exception(message, inner), IErrorCode
{
    public bool IsOutcomeUnknown => isOutcomeUnknown;

    public string Code => isOutcomeUnknown ? "outcome_unknown" : "store_unavailable";
}
