using System.Text.Json.Serialization;

namespace Lab.Coordination.Clocks;

/// <summary>What became of a member in a round.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClockMemberState>))]
public enum ClockMemberState
{
    /// <summary>It did not answer, and was left out.</summary>
    Silent,

    /// <summary>It was sent its correction, and has not said that it made it.</summary>
    Unconfirmed,

    /// <summary>It has made its correction.</summary>
    Corrected,
}

/// <summary>A member in a round; all figures in microseconds, 0 when it was silent.</summary>
/// <param name="Id">Which.</param>
/// <param name="State">What became of it.</param>
/// <param name="IsOutlier">Its clock was not among those that agree: it was corrected, but not averaged.</param>
/// <param name="OffsetUs">How far its clock was ahead of the leader's, before.</param>
/// <param name="CorrectionUs">By how much its clock was to be stepped.</param>
/// <param name="RoundTripUs">Of the sample that counted; the leader's own is 0.</param>
/// <param name="ErrorUs">How wrong <paramref name="OffsetUs"/> can have been when it was measured.</param>
public sealed record ClockMember(
    int Id, ClockMemberState State, bool IsOutlier, long OffsetUs, long CorrectionUs, long RoundTripUs, long ErrorUs);

/// <summary>The result of a round of synchronisation.</summary>
/// <param name="Term">Of the leader.</param>
/// <param name="Number">Of the round, counted by this leader from 1.</param>
/// <param name="EndedUs">When, by the leader's clock after its own correction.</param>
/// <param name="Members">Every one, the leader first.</param>
/// <param name="BoundUs">
/// No two clocks of members that are <see cref="ClockMemberState.Corrected"/> differed by more when the round ended, in microseconds,
/// unless they have been corrected again since.
/// </param>
/// <param name="MaxDriftPpm">What the bound takes for granted about clocks, see <see cref="ClockSynchronizationOptions.MaxDriftPpm"/>.</param>
public sealed record ClockRound(long Term, long Number, long EndedUs, IReadOnlyList<ClockMember> Members, long BoundUs, int MaxDriftPpm)
{
    /// <summary>What the bound has become so many microseconds after the end of the round, without another one.</summary>
    public long BoundAfterUs(long elapsedUs) => BoundUs + DriftUs(elapsedUs, MaxDriftPpm);

    /// <summary>By how much two clocks can come apart in a time that one of them has measured; rounded up.</summary>
    internal static long DriftUs(long elapsedUs, int maxDriftPpm) =>
        elapsedUs == 0 ? 0 : (long)Math.Ceiling(2.0 * maxDriftPpm * elapsedUs / (1_000_000.0 - maxDriftPpm)) + 1;
}
