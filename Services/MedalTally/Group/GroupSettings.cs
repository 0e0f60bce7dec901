using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Coordination.Clocks;
using Lab.Coordination.Multicast;

namespace Lab.MedalTally.Group;

/// <summary>How requests are put into one order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RequestOrder>))]
public enum RequestOrder
{
    /// <summary>They are not.</summary>
    None,

    /// <summary>By Lamport's timestamps and acknowledgements (1978).</summary>
    Symmetric,

    /// <summary>By one member that numbers them.</summary>
    Sequencer,
}

/// <summary>
/// A group: the database server is its member 0, front-ends are members 1 and so on. Its members elect a leader, agree about the
/// time, and put requests into one order. A new one knows nothing of the one before.
/// </summary>
/// <remarks>What may be missing is set, not initialised: the generated reader of JSON gives a missing one of those no value.</remarks>
public sealed record GroupSettings
{
    /// <summary>Tells groups apart: messages of another one are refused.</summary>
    public required long Run { get; init; }

    /// <summary>The database server, and front-ends.</summary>
    public required int Members { get; init; }

    public RequestOrder Order { get; set; } = RequestOrder.None;

    /// <summary>Members reach each other through the links.</summary>
    public bool ThroughLinks { get; set; }

    /// <summary>By how much the clock of each member is wrong to begin with, in microseconds; missing ones: not.</summary>
    public IReadOnlyList<long> OffsetsUs { get; set; } = [];

    /// <summary>How many microseconds the clock of each member gains in a second; missing ones: none.</summary>
    public IReadOnlyList<int> DriftsPpm { get; set; } = [];

    /// <summary>From one round of clock synchronisation to the next, in milliseconds.</summary>
    public int ClockPeriodMs { get; set; } = 1000;

    /// <summary>Members note what happens to them from the beginning.</summary>
    public bool Traces { get; init; }

    internal const int MostDriftPpm = 200;

    private const long LongestOffsetUs = 3_600_000_000;

    /// <summary>Null: such a group can be opened.</summary>
    internal string? WhyNot(int most) => this switch
    {
        { Members: var members } when members < 2 || members > most => $"members is 2 to {most}, not {members}",
        { ClockPeriodMs: < 50 or > 600_000 } => $"clockPeriodMs is 50 to 600000, not {ClockPeriodMs}",
        _ when !Enum.IsDefined(Order) => $"order is one of {string.Join(", ", Enum.GetNames<RequestOrder>())}",
        _ when OffsetsUs?.All(offset => offset is >= -LongestOffsetUs and <= LongestOffsetUs) is not true => $"offsetsUs are -{LongestOffsetUs} to {LongestOffsetUs}",
        _ when DriftsPpm?.All(drift => drift is >= -MostDriftPpm and <= MostDriftPpm) is not true => $"driftsPpm are -{MostDriftPpm} to {MostDriftPpm}",
        _ => null,
    };

    internal MulticastAlgorithm Algorithm => Order == RequestOrder.Sequencer ? MulticastAlgorithm.Sequencer : MulticastAlgorithm.Symmetric;
}

/// <summary>A member of a group, as it is.</summary>
/// <param name="Run">Of the group.</param>
/// <param name="Id">Of the member.</param>
/// <param name="Leader">Who leads, as far as it knows; null: nobody.</param>
/// <param name="Term">In which term.</param>
/// <param name="Members">Of the view of the ordered multicast; empty: it is in none.</param>
/// <param name="Place">Of the latest message of the order.</param>
/// <param name="OrderHash">Of all messages up to there: members at the same place with the same hash have delivered the same.</param>
/// <param name="Requests">Requests among them.</param>
/// <param name="Entries">Who is in the raffle, by place.</param>
/// <param name="Winner">Of the latest draw; null: there was none.</param>
/// <param name="MonotonicUs">CLOCK_MONOTONIC when this was written: common to all processes of a machine.</param>
/// <param name="ClockUs">The member's own clock at that time.</param>
/// <param name="Rounds">Of clock synchronisation that this member has led, latest last.</param>
public sealed record GroupState(
    long Run,
    int Id,
    int? Leader,
    long Term,
    IReadOnlyList<int> Members,
    long Place,
    string OrderHash,
    long Requests,
    IReadOnlyList<RaffleEntry> Entries,
    RaffleEntry? Winner,
    long MonotonicUs,
    long ClockUs,
    IReadOnlyList<ClockRound> Rounds);

/// <summary>Somebody in the raffle.</summary>
/// <param name="Place">Of the request by which it came in.</param>
/// <param name="Client">As it calls itself.</param>
public sealed record RaffleEntry(long Place, string Client);

/// <summary>What a member is to order by itself, to measure how fast the group does it.</summary>
/// <param name="Messages">How many; as many as fit into the time when that ends first.</param>
/// <param name="Bytes">Of each.</param>
/// <param name="Window">So many of them are under way at once.</param>
/// <param name="LongestMs">Ends then at the latest, in milliseconds.</param>
public sealed record OrderingOrder(long Messages, int Bytes, int Window, int LongestMs);

/// <summary>What became of it.</summary>
/// <param name="Ordered">Own messages that were delivered here.</param>
/// <param name="DurationUs">From the first submission to the last delivery.</param>
/// <param name="LatenciesUs">From submission to delivery at the same member, in microseconds to three digits, with how many took so long.</param>
public sealed record OrderingResult(long Ordered, long DurationUs, IReadOnlyList<LatencyCount> LatenciesUs);

/// <param name="Us">In microseconds.</param>
/// <param name="Count">How many took so long.</param>
public readonly record struct LatencyCount(long Us, long Count);

/// <summary>JSON of groups.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(GroupSettings))]
[JsonSerializable(typeof(GroupState))]
[JsonSerializable(typeof(OrderingOrder))]
[JsonSerializable(typeof(OrderingResult))]
[JsonSerializable(typeof(IReadOnlyList<GroupEvent>))]
[JsonSerializable(typeof(RaffleView))]
[JsonSerializable(typeof(Lab.ServiceDefaults.AdminError))]
internal sealed partial class GroupJson : JsonSerializerContext;
