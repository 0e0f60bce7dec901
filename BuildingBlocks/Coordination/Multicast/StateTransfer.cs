namespace Lab.Coordination.Multicast;

/// <summary>Gives those who have joined with a view the state before it, until they have it.</summary>
internal sealed class StateTransfer(IMulticastHost host)
{
    private readonly HashSet<int> _joiners = [];
    private MulticastMessage? _state;

    /// <summary>A view begins. The lowest of those who come from the one before sees to the joiners.</summary>
    public void Begin(GroupView before, GroupView view, long place)
    {
        End();
        var joiners = view.Members.Where(member => !before.Has(member)).Select(member => member.Id).ToList();
        if (joiners.Count == 0 || view.Members.First(before.Has).Id != host.Id)
        {
            return;
        }

        _state = new MulticastMessage { Kind = MulticastMessageKind.State, View = view.Number, Place = place, Snapshot = host.Snapshot() };
        _joiners.UnionWith(joiners);
        joiners.ForEach(Send);
    }

    public void Send(int joiner)
    {
        if (_state is not null && _joiners.Contains(joiner))
        {
            host.Send(joiner, _state);
        }
    }

    /// <summary>Whoever has spoken in the view has the state.</summary>
    public void Forget(Predicate<int> hasSpoken)
    {
        _joiners.RemoveWhere(hasSpoken);
        if (_joiners.Count == 0)
        {
            _state = null;
        }
    }

    public void End()
    {
        _joiners.Clear();
        _state = null;
    }
}
