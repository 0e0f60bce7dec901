using System.Text.Json.Serialization;
using Lab.TradingPost.Peers;

namespace Lab.TradingPost.Supervision;

/// <summary>An event with its place and time: <c>GET /admin/events?after=N</c>.</summary>
/// <param name="Number">Counts the events of the market, from 1.</param>
/// <param name="AtUs">CLOCK_MONOTONIC in microseconds, which all processes of one machine share.</param>
/// <param name="Peer">Who told of it; null: the supervisor itself.</param>
/// <param name="What">What a peer told.</param>
/// <param name="Done">What the supervisor did to the peer, or saw of its process: one of <see cref="ProcessEvents"/>.</param>
/// <param name="ExitCode">With <c>ended</c>: the process's.</param>
public sealed record MarketEvent(
    long Number,
    [property: JsonPropertyName("at_us")] long AtUs,
    int? Peer,
    PeerEvent? What,
    string? Done = null,
    [property: JsonPropertyName("exit_code")] int? ExitCode = null);

/// <summary>What a supervisor can have done to a peer's process, or seen of it: <see cref="MarketEvent.Done"/>.</summary>
public static class ProcessEvents
{
    public const string Killed = "killed";
    public const string Paused = "paused";
    public const string Resumed = "resumed";
    public const string Restarted = "restarted";

    /// <summary>By itself: nobody asked for it.</summary>
    public const string Ended = "ended";
}
