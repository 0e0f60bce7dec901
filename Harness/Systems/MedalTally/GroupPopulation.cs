using System.Globalization;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Harness.Verdicts;
using Lab.MedalTally.Group;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>A group of front-ends and the database server that orders messages, or keeps its clocks together; no client has anything to do with it.</summary>
internal sealed class GroupPopulation(LabControl lab, GroupControl group, Cell first, Random random) : IPopulation
{
    private readonly List<ClockSample> _samples = [];
    private GroupSettings? _open;

    /// <summary>How far the clocks are wrong to begin with, at most, in microseconds: the report's were some seconds.</summary>
    private const long MostOffsetUs = 5_000_000;

    /// <summary>What clocks of machines drift by, at most.</summary>
    private const int MostDriftPpm = 100;

    public GroupControl Group => group;

    public GroupSettings Settings => _open ?? throw new LabControlException("no group is open");

    private static int MembersOf(Cell cell) => cell.Number(MedalTallyModule.Members, 3);

    public async Task ApplyAsync(Cell cell, CancellationToken cancellationToken)
    {
        await lab.DeployAsync(cell.Deployment, cancellationToken);
        await lab.WaitUntilHealthyAsync(MedalTallyTopology.DatabaseServer, cancellationToken);
        var isOther = await lab.SetFactorsAsync(
            MedalTallyTopology.Dispatcher,
            new Dictionary<string, string>(StringComparer.Ordinal) { [MedalTallyModule.FrontEnds] = (MembersOf(cell) - 1).ToString(CultureInfo.InvariantCulture) },
            cancellationToken);
        if (_open is null || isOther)
        {
            await OpenAsync(cell, cancellationToken);
        }
    }

    /// <summary>A new group, with new offsets.</summary>
    public async Task<IReadOnlyList<GroupState>> OpenAsync(Cell cell, CancellationToken cancellationToken)
    {
        var members = MembersOf(cell);
        var isAboutClocks = cell.Operation != MedalTallyModule.OrderMessages;
        var settings = new GroupSettings
        {
            Run = random.NextInt64(1, long.MaxValue),
            Members = members,
            Order = MedalTallyScenario.OrderOf(cell),
            Traces = cell.Operation == MedalTallyModule.SynchroniseClocks,
            ThroughLinks = lab.UsesLinks(cell.Deployment, LinkSpec.BetweenServers),
            OffsetsUs = isAboutClocks ? [.. Enumerable.Range(0, members).Select(_ => random.NextInt64(-MostOffsetUs, MostOffsetUs))] : [],
            DriftsPpm = isAboutClocks ? [.. Enumerable.Range(0, members).Select(_ => random.Next(-MostDriftPpm, MostDriftPpm + 1))] : [],
        };
        var states = await group.OpenAsync(settings, cancellationToken);
        _open = settings;
        return states;
    }

    public ILoad Load(Cell cell) => cell.Operation == MedalTallyModule.OrderMessages
        ? new OrderingLoad(this, cell.Number(MedalTallyModule.Clients))
        : new ClockLoad(this, cell);

    public void Note(ClockSample sample) => _samples.Add(sample);

    public string RoleOf(Cell cell, string process) => process switch
    {
        ProcessRoles.Harness => ProcessRoles.Load,
        MedalTallyTopology.DatabaseServer => MedalTallyClaims.DatabaseRole,
        _ when process.StartsWith("front-end-", StringComparison.Ordinal) => MedalTallyClaims.FrontEndRole,
        _ => ProcessRoles.Rest,
    };

    public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
    {
        var verdict = first.Operation == MedalTallyModule.OrderMessages
            ? GroupInvariants.OfOrder(await group.SettledAsync(Settings, cancellationToken))
            : GroupInvariants.OfClocks(_samples);
        return cells.ToDictionary(cell => cell, _ => verdict);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await group.CloseAsync(CancellationToken.None);
        }
        catch (LabControlException)
        {
            // Whoever does not answer takes part in nothing.
        }

        group.Dispose();
    }
}

/// <summary>How far apart the clocks of a group were at one time.</summary>
/// <param name="SkewUs">Between the two that were furthest apart, by the machine's own clock, which all processes share.</param>
/// <param name="BoundUs">What the latest round promised for that time.</param>
internal readonly record struct ClockSample(double SkewUs, double BoundUs)
{
    /// <returns>Null: nobody leads, or some member is seen as it was before a round in which all members were corrected.</returns>
    public static ClockSample? Of(IReadOnlyList<GroupState> states)
    {
        var leader = states.FirstOrDefault(state => state.Id == state.Leader);
        if (leader?.Rounds is not [.., var round] || !round.Members.All(member => member.State == Lab.Coordination.Clocks.ClockMemberState.Corrected))
        {
            return null;
        }

        // Members are asked one by one: who was asked before the round had corrected everybody may not have been corrected then.
        var endedUs = round.EndedUs - (leader.ClockUs - leader.MonotonicUs);
        if (states.Any(state => state.MonotonicUs < endedUs))
        {
            return null;
        }

        var offsets = states.Select(state => (double)(state.ClockUs - state.MonotonicUs)).ToList();
        return new ClockSample(offsets.Max() - offsets.Min(), round.BoundAfterUs(Math.Max(0, states.Max(state => state.ClockUs) - round.EndedUs)));
    }
}

/// <summary>What a group must keep.</summary>
internal static class GroupInvariants
{
    public static VerdictResult OfOrder(IReadOnlyList<GroupState> states)
    {
        var first = states[0];
        var other = states.FirstOrDefault(state => state.OrderHash != first.OrderHash || state.Place != first.Place);
        if (other is not null)
        {
            return VerdictResult.Broken($"member {other.Id} has delivered another order than member {first.Id} up to place {first.Place}");
        }

        return states.Any(state => state.Requests != first.Requests || !state.Entries.SequenceEqual(first.Entries) || state.Winner != first.Winner)
            ? VerdictResult.Broken("members have other entries in the raffle, or another winner")
            : VerdictResult.Kept(FormattableString.Invariant($"all {states.Count} members have delivered the same {first.Place} messages in the same order")
                + (first.Winner is { } winner ? FormattableString.Invariant($", and name the same winner ({winner.Client}, by request {winner.Place})") : ""));
    }

    public static VerdictResult OfClocks(IReadOnlyList<ClockSample> samples)
    {
        var outside = samples.Where(sample => sample.SkewUs > sample.BoundUs).ToList();
        return samples.Count == 0 ? VerdictResult.Unchecked("there was no round")
            : outside.Count > 0
                ? VerdictResult.Broken(FormattableString.Invariant($"in {outside.Count} of {samples.Count} samples clocks were further apart than their round had promised, by {outside.Max(sample => sample.SkewUs - sample.BoundUs):0} us at most"))
                : VerdictResult.Kept(FormattableString.Invariant($"in all {samples.Count} samples clocks were within the bound of their round; the furthest apart were at {samples.Max(sample => sample.SkewUs / sample.BoundUs):0 %} of it"));
    }
}
