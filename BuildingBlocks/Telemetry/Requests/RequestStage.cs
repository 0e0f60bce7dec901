namespace Lab.Telemetry.Requests;

/// <summary>Where a request spends its time, in the order in which reports show it.</summary>
public enum RequestStage : byte
{
    /// <summary>The frame is read and its arguments are checked.</summary>
    Parse,

    /// <summary>The session is looked up in Redis, the wait for the round trip before included.</summary>
    Session,

    /// <summary>A result is looked for in the cache.</summary>
    Cache,

    /// <summary>Waiting for a database connection, and for company in a batch.</summary>
    Queue,

    /// <summary>The database executes statements; without the commit.</summary>
    Database,

    /// <summary>The database makes a transaction durable.</summary>
    Commit,

    /// <summary>The reply is made and handed to the kernel.</summary>
    Write,
}

/// <summary>What of a server's requests becomes traces.</summary>
public enum TraceSampling
{
    /// <summary>Nothing; requests cost what they cost without tracing.</summary>
    None,

    /// <summary>A share of the requests, or what the caller's context says.</summary>
    Ratio,

    /// <summary>Every request.</summary>
    All,

    /// <summary>The times of all requests are kept for a while; which of them become traces is decided afterwards.</summary>
    Tail,
}
