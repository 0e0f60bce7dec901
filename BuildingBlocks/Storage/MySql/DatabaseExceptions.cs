namespace Lab.Storage.MySql;

/// <summary>The database cannot be used now.</summary>
/// <param name="outcomeUnknown">
/// True when the connection broke after a write had been sent: it may or may not have been done.
/// </param>
public sealed class DatabaseUnavailableException(string message, bool outcomeUnknown, Exception? inner = null)
    : Exception(message, inner)
{
    public bool OutcomeUnknown { get; } = outcomeUnknown;
}

/// <summary>More work waits for the database than may wait; nothing was done.</summary>
public sealed class DatabaseOverloadedException() : Exception("too many requests wait for the database");
