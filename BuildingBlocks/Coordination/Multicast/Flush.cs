namespace Lab.Coordination.Multicast;

/// <summary>The end of a view: who has stopped, and what they have of it.</summary>
internal sealed class Flush(GroupView view, int self, IReadOnlyList<long> received, MulticastMistake mistake)
{
    private readonly Dictionary<int, IReadOnlyList<long>> _states = new() { [self] = received };

    /// <summary>What this member has: it takes nothing more.</summary>
    public IReadOnlyList<long> Own => _states[self];

    /// <summary>What a member has does not change any more, so that the first word counts.</summary>
    public void Add(int member, IReadOnlyList<long> state) => _states.TryAdd(member, state);

    public bool Has(int member) => _states.ContainsKey(member);

    /// <summary>These have stopped.</summary>
    public bool IsComplete(IEnumerable<GroupMember> going) => mistake == MulticastMistake.NoFlush || going.All(member => Has(member.Id));

    /// <summary>What all have that go on: no less than what anybody has delivered, and nobody has to be sent anything.</summary>
    public IReadOnlyList<long> Cut(IReadOnlyList<GroupMember> going) =>
        mistake == MulticastMistake.NoFlush ? Own : [.. Enumerable.Range(0, view.Members.Count).Select(stream => going.Min(member => _states[member.Id][stream]))];

    /// <summary>What this member has to deliver; null when it does not have all of it.</summary>
    public IReadOnlyList<long>? Take(IReadOnlyList<long> cut)
    {
        if (mistake == MulticastMistake.NoFlush)
        {
            return Own;
        }

        return cut.Count == Own.Count && Enumerable.Range(0, cut.Count).All(stream => cut[stream] <= Own[stream]) ? cut : null;
    }
}
