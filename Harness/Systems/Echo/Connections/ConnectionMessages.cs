using System.Text.Json;
using Lab.Harness.Load;
using Lab.Harness.Measurement;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>Bounds of a connection load.</summary>
public sealed record ConnectionLoadOptions
{
    /// <summary>After so long without any progress, whatever is still awaited is given up.</summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>New connections per second, over all processes.</summary>
    public int ConnectRatePerS { get; init; } = 20_000;

    /// <summary>Connects under way at once in one process.</summary>
    public int MaxConnecting { get; init; } = 512;

    /// <summary>How many connections one process may open; null: as its descriptors allow.</summary>
    public ConnectionBudget? Budget { get; init; }
}

/// <summary>Opens connections.</summary>
/// <param name="Server">ADDRESS:PORT.</param>
/// <param name="FirstNumber">Of the connections, which are numbered on.</param>
/// <param name="Connections">How many.</param>
/// <param name="RatePerS">At most so many a second.</param>
/// <param name="MaxConnecting">At most so many under way.</param>
/// <param name="TimeoutMs">Without any progress.</param>
internal sealed record OpenOrder(string Server, long FirstNumber, int Connections, int RatePerS, int MaxConnecting, int TimeoutMs);

/// <summary>Sends requests on every open connection: a number of them, or as many as fit into a time.</summary>
internal sealed record RunOrder(int Requests, double DurationMs)
{
    public static RunOrder Times(int requests) => new(requests, 0);

    public static RunOrder For(TimeSpan duration) => new(0, duration.TotalMilliseconds);
}

/// <summary>What came of opening connections.</summary>
/// <param name="Open">How many are.</param>
/// <param name="DurationS">How long it took.</param>
/// <param name="Errors">Why others are not, by kind.</param>
/// <param name="Reason">Of the first that failed, in words; null when none did.</param>
public sealed record OpenedConnections(int Open, double DurationS, IReadOnlyDictionary<string, long> Errors, string? Reason);

/// <summary>One connection's figures over its life.</summary>
/// <param name="Number">From 0, over all connections of a load.</param>
/// <param name="Address">ADDRESS:PORT of the client's end.</param>
/// <param name="Requests">Replies received, right or wrong.</param>
/// <param name="Bytes">Sent.</param>
/// <param name="DurationS">From its first request to its last reply.</param>
/// <param name="AverageResponseS">Mean latency.</param>
/// <param name="WasLost">It failed before the load closed it.</param>
public sealed record ConnectionRecord(
    long Number, string Address, long Requests, long Bytes, double DurationS, double AverageResponseS, bool WasLost);

/// <summary>What came of closing all connections.</summary>
/// <param name="Connections">All that had been opened, in order.</param>
/// <param name="Errors">What was found wrong with connections between run and close, by kind.</param>
public sealed record ClosedConnections(IReadOnlyList<ConnectionRecord> Connections, IReadOnlyDictionary<string, long> Errors);

/// <summary>A line to a load process: one of its members is set.</summary>
internal sealed record LoadRequest(OpenOrder? Open = null, RunOrder? Run = null, bool Close = false);

/// <summary>A load process's answer, in kind; or why there is none.</summary>
internal sealed record LoadReply(OpenedConnections? Opened = null, RunReport? Ran = null, ClosedConnections? Closed = null, string? Error = null);

/// <summary>A <see cref="LoadOutcome"/> on its way between processes.</summary>
internal sealed record RunReport(
    HistogramContent Latency, IReadOnlyDictionary<string, long> Errors, double DurationS, HistogramContent? ErrorLatency = null)
{
    public static RunReport Of(LoadOutcome outcome) =>
        new(outcome.Latency.Content, outcome.Errors, outcome.DurationS, outcome.ErrorLatency?.Content);

    public LoadOutcome ToOutcome() => new(LatencyHistogram.Of(Latency), Errors, DurationS)
    {
        ErrorLatency = ErrorLatency is null ? null : LatencyHistogram.Of(ErrorLatency),
    };
}

/// <summary>Each message is one line of JSON.</summary>
internal static class LoadLines
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public static string Write<T>(T message) => JsonSerializer.Serialize(message, Options);

    /// <exception cref="JsonException">It is no such message.</exception>
    public static T Read<T>(string line) =>
        JsonSerializer.Deserialize<T>(line, Options) ?? throw new JsonException("an empty message");
}
