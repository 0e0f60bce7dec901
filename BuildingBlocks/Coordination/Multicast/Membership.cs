namespace Lab.Coordination.Multicast;

/// <summary>Who may be gone, and who wants to come: what the next view is made of.</summary>
internal sealed class Membership(int self, IReadOnlyList<int> nodes)
{
    private readonly HashSet<int> _suspected = [];

    /// <summary>Nodes that other members do not hear, in this view.</summary>
    private readonly HashSet<int> _complaints = [];

    /// <summary>Of each node the latest incarnation that wants to join, and where its own state ends.</summary>
    private readonly Dictionary<int, (long Incarnation, long Place)> _joining = [];

    public IReadOnlyList<int> Nodes { get; } = [.. nodes.Append(self).Distinct().Order()];

    public void Suspect(int node) => _suspected.Add(node);

    public void Trust(int node) => _suspected.Remove(node);

    public void Complain(int node) => _complaints.Add(node);

    /// <summary>False when it is not news.</summary>
    public bool Join(int node, long incarnation, long place)
    {
        if (_joining.TryGetValue(node, out var known) && known.Incarnation >= incarnation)
        {
            return false;
        }

        _joining[node] = (incarnation, place);
        return true;
    }

    /// <summary>Complaints were about the view that is over.</summary>
    public void Installed() => _complaints.Clear();

    /// <summary>Its process lives no more, or has given this membership up.</summary>
    public bool IsOver(GroupMember member) => _joining.TryGetValue(member.Id, out var joining) && joining.Incarnation > member.Incarnation;

    public bool IsGone(GroupMember member) =>
        member.Id != self && (_suspected.Contains(member.Id) || _complaints.Contains(member.Id) || IsOver(member));

    /// <summary>Who sees to the next view: the lowest that is not gone.</summary>
    public int Coordinator(GroupView view) => view.Members.First(member => !IsGone(member)).Id;

    /// <summary>Those who can come into the view that follows this one.</summary>
    public IEnumerable<GroupMember> Joiners(GroupView view) => _joining
        .Where(joining => joining.Key != self && !_suspected.Contains(joining.Key))
        .Select(joining => new GroupMember(joining.Key, joining.Value.Incarnation))
        .Where(joiner => view.IndexOf(joiner.Id) is var index && (index < 0 || view.Members[index].Incarnation < joiner.Incarnation));

    /// <summary>Members whose ends there are to see to, or joiners.</summary>
    public bool WantsChange(GroupView view) => view.Members.Any(IsGone) || Joiners(view).Any();

    /// <summary>
    /// When all members of a view have lost their memory, so that nobody can go on from it: who founds the group again. The one whose own state
    /// goes farthest, of several the lowest.
    /// </summary>
    public int? Founder(GroupView view) => view.Members.All(IsOver)
        ? view.Members.OrderByDescending(member => _joining[member.Id].Place).ThenBy(member => member.Id).First().Id
        : null;
}
