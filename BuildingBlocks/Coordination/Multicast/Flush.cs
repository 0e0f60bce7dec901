namespace Lab.Coordination.Multicast;

/// <summary>The end of a view: who has stopped, what they have of it, and the claim of the next view.</summary>
/// <param name="host">Of this member.</param>
/// <param name="membership">Knows who is gone, and who wants to join.</param>
/// <param name="register">Grants the next view.</param>
/// <param name="options">Patience.</param>
/// <param name="view">That ends.</param>
/// <param name="received">What this member has of it.</param>
internal sealed class Flush(
    IMulticastHost host, Membership membership, RegisterAccess register, MulticastOptions options, GroupView view, IReadOnlyList<long> received)
{
    private readonly Dictionary<int, IReadOnlyList<long>> _states = new() { [host.Id] = received };

    /// <summary>What this member has: it takes nothing more.</summary>
    public IReadOnlyList<long> Own => _states[host.Id];

    private bool IsBlind => options.Mistake == MulticastMistake.NoFlush;

    /// <summary>What a member has does not change any more, so that the first word counts.</summary>
    public void Add(int member, IReadOnlyList<long> state) => _states.TryAdd(member, state);

    /// <summary>The coordinator asks those who have not stopped yet, everybody else tells the coordinator.</summary>
    public void Send()
    {
        var coordinator = membership.Coordinator(view);
        if (coordinator != host.Id)
        {
            host.Send(coordinator, new MulticastMessage { Kind = MulticastMessageKind.FlushState, View = view.Number, Numbers = Own });
            return;
        }

        foreach (var member in view.Members.Where(member => member.Id != host.Id && !_states.ContainsKey(member.Id) && !membership.IsGone(member)))
        {
            host.Send(member.Id, new MulticastMessage { Kind = MulticastMessageKind.Flush, View = view.Number });
        }
    }

    /// <summary>When all who go on have stopped, the coordinator asks the register for the next view.</summary>
    /// <param name="waitedUs">Since this member stopped.</param>
    public void TryClaim(long waitedUs)
    {
        if (register.IsAsking || membership.Coordinator(view) != host.Id)
        {
            return;
        }

        var going = view.Members.Where(member => !membership.IsGone(member)).ToList();
        var isMinority = going.Count * 2 < view.Members.Count;
        if ((IsBlind || going.All(member => _states.ContainsKey(member.Id))) && (!isMinority || waitedUs >= options.MinorityDelayUs))
        {
            register.Claim(new GroupView(view.Number + 1, view.Era, [.. going.Concat(membership.Joiners(view)).OrderBy(member => member.Id)], Cut(going)));
        }
    }

    /// <summary>What this member has to deliver; null when it does not have all of it.</summary>
    public IReadOnlyList<long>? Take(IReadOnlyList<long> cut)
    {
        if (IsBlind)
        {
            return Own;
        }

        return cut.Count == Own.Count && Enumerable.Range(0, cut.Count).All(stream => cut[stream] <= Own[stream]) ? cut : null;
    }

    /// <summary>What all have that go on: no less than what anybody has delivered, and nobody has to be sent anything.</summary>
    private IReadOnlyList<long> Cut(IReadOnlyList<GroupMember> going) =>
        IsBlind ? Own : [.. Enumerable.Range(0, view.Members.Count).Select(stream => going.Min(member => _states[member.Id][stream]))];
}
