namespace Lab.LocalHost;

/// <summary>Where a local lab lives, and what of it is brought along.</summary>
public sealed record LocalLabOptions
{
    /// <summary>Content of databases, and of services that keep some, in the state folder.</summary>
    internal const string DataFolderName = "data";

    /// <summary>Data, logs and records of what runs: usually <c>.lab</c> in the repository.</summary>
    public required string StateFolder { get; init; }

    /// <summary>What separates its resources.</summary>
    public Isolation Isolation { get; init; }

    /// <summary>Keeps the databases' content from one start to the next.</summary>
    public bool KeepData { get; init; }

    /// <summary>A MySQL server to use instead of a private one; a connection string without schema.</summary>
    public string? ExternalMySql { get; init; } = Given("LAB_MYSQL");

    /// <summary>A Redis server to use instead of a private one.</summary>
    public string? ExternalRedis { get; init; } = Given("LAB_REDIS");

    /// <summary>Settings for all services that have them, over the topology's: for tests, <c>Shop:SessionTimeout</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Starts a dashboard that shows the services' traces, metrics and logs, where one can be had.</summary>
    public bool WithDashboard { get; init; }

    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What <c>LAB_MYSQL</c> or <c>LAB_REDIS</c> says; null: nothing. An empty variable says nothing, as everywhere in a shell.</summary>
    public static string? Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    public string LogFolder => Path.Combine(StateFolder, "logs");
}

/// <summary>What happens to a resource.</summary>
public enum ResourceState
{
    Starting,
    Healthy,
    Crashed,
    Restarting,
    Stopped,
}

/// <summary>Progress of the lab, for people.</summary>
/// <param name="Resource">Which one.</param>
/// <param name="State">What happened.</param>
/// <param name="Detail">An address, a reason, a duration.</param>
public sealed record ResourceEvent(string Resource, ResourceState State, string Detail);

/// <summary>The lab cannot start; the message says why and what to do.</summary>
public class LabStartException(string message, Exception? inner = null) : Exception(message, inner);
