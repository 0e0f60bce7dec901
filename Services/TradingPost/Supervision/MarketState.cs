using System.Text.Json.Serialization;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Supervision;

/// <summary>The market as its supervisor sees it: <c>GET /admin/market</c>.</summary>
/// <param name="Number">Counts the markets that were opened here; one that is opened again keeps its number.</param>
/// <param name="Settings">What it was opened with.</param>
/// <param name="Peers">By rising id.</param>
/// <param name="Trader">Who trades in the highest term that a peer told of; null: nobody is known to.</param>
/// <param name="Term">That term; 0 before the first.</param>
/// <param name="LastEvent">Number of the last event; <c>GET /admin/events?after=N</c> has those after N.</param>
/// <param name="Problem">Why nobody trades, as the last peer told that could not read or write the accounts; null: that is not why.</param>
public sealed record MarketState(
    int Number, MarketSettings Settings, IReadOnlyList<PeerState> Peers, int? Trader, long Term, long LastEvent, string? Problem = null);

/// <summary>One peer.</summary>
/// <param name="Id">Its id in elections.</param>
/// <param name="Address">HOST:PORT where clients reach it, as this market's links want it.</param>
/// <param name="Process">What its process does.</param>
/// <param name="Pid">The process; 0 when there is none.</param>
public sealed record PeerState(int Id, string Address, PeerProcessState Process, int Pid);

[JsonConverter(typeof(JsonStringEnumConverter<PeerProcessState>))]
public enum PeerProcessState
{
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Stopped by SIGSTOP: alive, but silent.</summary>
    [JsonStringEnumMemberName("paused")]
    Paused,

    [JsonStringEnumMemberName("dead")]
    Dead,
}
