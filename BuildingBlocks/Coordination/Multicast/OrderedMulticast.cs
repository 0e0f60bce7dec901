namespace Lab.Coordination.Multicast;

/// <summary>
/// Totally ordered, uniform multicast in a group with views: what any member delivers at a place, even if it dies then, all others who go on
/// deliver at that place. An algorithm without I/O: messages in, messages out. Called by one thread at a time.
/// </summary>
public sealed class OrderedMulticast
{
    private const string Timer = "multicast";

    private readonly IMulticastHost _host;
    private readonly MulticastOptions _options;
    private readonly Membership _membership;
    private readonly OwnMessages _own;
    private readonly Delivery _delivery;
    private readonly RegisterAccess _register;
    private readonly StateTransfer _transfer;

    /// <summary>Where this node's own state ended when its process began.</summary>
    private readonly long _firstPlace;

    /// <summary>Who has been told in this tick that there is a later view.</summary>
    private readonly HashSet<int> _told = [];

    private long _incarnation;
    private GroupView _view = GroupView.None;
    private ViewOrder? _order;

    /// <summary>While <see cref="State"/> is <see cref="MulticastState.Flushing"/>.</summary>
    private Flush? _flush;

    private long _ticks;
    private long _stateSinceTick;

    /// <param name="host">The node it is part of.</param>
    /// <param name="nodes">Ids of all that may be members.</param>
    /// <param name="incarnation">
    /// Higher than any that an earlier process of this node can have had, though each counts up by one whenever it joins anew: such as
    /// the number of its starts times 2^32, or microseconds since 1970.
    /// </param>
    /// <param name="options">See there.</param>
    /// <param name="place">Up to where the host's own state goes, such as one on a disk: counts if this node founds the group.</param>
    public OrderedMulticast(IMulticastHost host, IReadOnlyList<int> nodes, long incarnation, MulticastOptions options, long place = 0)
    {
        if (options.MaxBatchesUnderWay is < 1 or > IncomingStream.Window || options.MaxBatchBytes < 16 || options.TickUs < 1)
        {
            throw new ArgumentException($"1 to {IncomingStream.Window} batches under way, 16 bytes in one, and ticks that take time, not {options}", nameof(options));
        }

        (_host, _options, _incarnation, _firstPlace) = (host, options, incarnation, place);
        _membership = new Membership(host.Id, nodes);
        _own = new OwnMessages(host.Id, options);
        _delivery = new Delivery(host, _own);
        _register = new RegisterAccess(host);
        _transfer = new StateTransfer(host);
    }

    public MulticastState State { get; private set; }

    /// <summary>The latest view of this member; <see cref="GroupView.None"/> while it is none.</summary>
    public GroupView View => _view;

    /// <summary>Of the latest message that was delivered.</summary>
    public long Place => _delivery.Place;

    /// <summary>Own messages that have been submitted, and not delivered.</summary>
    public int Undelivered => _own.Undelivered;

    private GroupMember Self => new(_host.Id, _incarnation);

    private long TicksInState => _ticks - _stateSinceTick;

    /// <summary>Called once, before anything else.</summary>
    public void Start()
    {
        _host.SetTimer(Timer, _options.TickUs);
        _register.Read();
    }

    /// <summary>
    /// Takes a message into the order. False when this node is no member, when too many of its messages have not been delivered, or when it is too
    /// long. During a change of views it waits for the next one. It leaves at the end of the turn.
    /// </summary>
    /// <param name="payload">Is copied.</param>
    /// <param name="number">Its number among this process's messages, from 1; see <see cref="IMulticastHost.Deliver"/>.</param>
    public bool TrySubmit(ReadOnlySpan<byte> payload, out long number)
    {
        number = 0;
        return State is MulticastState.Active or MulticastState.Flushing && _own.TryAdd(payload, out number);
    }

    /// <summary>
    /// The host has no more events at hand: what is due is sent. A host that never says so only waits longer, for the next tick
    /// (<see cref="MulticastOptions.TickUs"/>).
    /// </summary>
    public void EndTurn()
    {
        if (State == MulticastState.Active)
        {
            _order!.EndTurn();
        }
    }

    /// <summary>A node is held to be gone: its connection ended, or the failure detector says so. Holds until <see cref="Trust"/>.</summary>
    public void Suspect(int node)
    {
        _membership.Suspect(node);
        Reconsider();
    }

    /// <summary>A node has been heard of again.</summary>
    public void Trust(int node) => _membership.Trust(node);

    /// <summary>Takes a message. Lost, late, doubled and reordered ones do no harm, nor those of nodes that are no members.</summary>
    public void Receive(int from, MulticastMessage message)
    {
        if (from == _host.Id || !_membership.Nodes.Contains(from))
        {
            return;
        }

        if (message.Kind == MulticastMessageKind.Join)
        {
            if (_membership.Join(from, message.Incarnation, message.Place))
            {
                Reconsider();
            }
        }
        else if (message.View > _view.Number)
        {
            _register.Hint();
        }
        else if (message.View < _view.Number)
        {
            if (message.Kind != MulticastMessageKind.NewView && _told.Add(from))
            {
                Send(from, MulticastMessageKind.NewView);
            }
        }
        else if (_view.IndexOf(from) is >= 0 and var index)
        {
            ReceiveInView(from, index, message);
        }
    }

    /// <summary>True when the timer was this one's.</summary>
    public bool Fire(string timer)
    {
        if (timer != Timer)
        {
            return false;
        }

        _host.SetTimer(Timer, _options.TickUs);
        _ticks++;
        _told.Clear();
        _register.Tick();
        switch (State)
        {
            case MulticastState.Joining when IsDue(_options.RegisterUs):
                _register.Read();
                break;
            case MulticastState.Restoring:
                WaitForState();
                break;
            case MulticastState.Active:
                _order!.Tick();
                if (IsDue(_options.IdleUs))
                {
                    _order.Greet();
                }

                _transfer.Forget(_order.HasHeard);
                Reconsider();
                EndTurn();
                break;
            case MulticastState.Flushing:
                _flush!.Send();
                TryClaim();
                if (IsDue(_options.RegisterUs))
                {
                    _register.Read();
                }

                break;
        }

        return true;
    }

    /// <summary>The answer to <see cref="IMulticastHost.ClaimView"/> and <see cref="IMulticastHost.ReadView"/>: what the register holds. Null: it cannot be asked now.</summary>
    public void ViewAnswered(GroupView? current)
    {
        var isClaim = _register.Answered();
        if (current is null || current.Number < _view.Number)
        {
            return;
        }

        if (State == MulticastState.Joining)
        {
            Joined(current);
        }
        else if (current.Number > _view.Number)
        {
            if (State == MulticastState.Flushing && current.Number == _view.Number + 1 && current.Has(Self) && _flush!.Take(current.Cut) is { } cut)
            {
                Install(current, cut, tellsOthers: isClaim);
            }
            else
            {
                Leave();
            }
        }
        else if (!isClaim)
        {
            TryClaim();
        }
    }

    private void ReceiveInView(int from, int index, MulticastMessage message)
    {
        switch (message.Kind)
        {
            case MulticastMessageKind.Traffic when State is MulticastState.Active or MulticastState.Restoring:
                _order!.Receive(index, message);
                break;
            case MulticastMessageKind.Suspects when State is MulticastState.Active or MulticastState.Flushing:
                _view.Members.Where(member => message.Numbers.Contains(member.Id)).ToList().ForEach(member => _membership.Complain(member.Id));
                Reconsider();
                break;
            case MulticastMessageKind.Flush or MulticastMessageKind.FlushState or MulticastMessageKind.Suspects when State == MulticastState.Restoring:
                // The view ends, and this one has nothing to say about it: the others need not wait for it.
                Leave();
                break;
            case MulticastMessageKind.Flush when State is MulticastState.Active or MulticastState.Flushing:
                Freeze(tells: false);
                Send(from, MulticastMessageKind.FlushState, _flush!.Own);
                break;
            case MulticastMessageKind.FlushState when State is MulticastState.Active or MulticastState.Flushing && message.Numbers.Count == _view.Members.Count:
                Freeze(tells: true);

                _flush!.Add(from, message.Numbers);
                TryClaim();
                break;
            case MulticastMessageKind.StateWanted:
                _transfer.Send(from);
                break;
            case MulticastMessageKind.State when State == MulticastState.Restoring:
                _delivery.Place = message.Place;
                _host.Restore(message.Place, message.Snapshot);
                Begin();
                break;
        }
    }

    /// <summary>Sees to it that members who are gone leave the view, and that joiners come into it.</summary>
    private void Reconsider()
    {
        if (State == MulticastState.Active && _membership.WantsChange(_view))
        {
            if (_membership.Coordinator(_view) == _host.Id)
            {
                Freeze(tells: true);
            }
            else if (_view.Members.Where(_membership.IsGone).Select(member => (long)member.Id).ToArray() is { Length: > 0 } gone)
            {
                Send(_membership.Coordinator(_view), MulticastMessageKind.Suspects, gone);
            }
        }

        TryClaim();
    }

    /// <summary>
    /// From now on this member takes nothing more in this view, and so acknowledges nothing more: whatever anybody has delivered or will deliver in it, this
    /// member has.
    /// </summary>
    private void Freeze(bool tells)
    {
        if (State == MulticastState.Active)
        {
            Enter(MulticastState.Flushing);
            _flush = new Flush(_host, _membership, _register, _options, _view, _order!.Received());
            if (tells)
            {
                _flush.Send();
            }
        }
    }

    /// <summary>When all who go on have stopped, the register is asked for the next view.</summary>
    private void TryClaim() => _flush?.TryClaim(TicksInState * _options.TickUs);

    private void Install(GroupView view, IReadOnlyList<long> cut, bool tellsOthers)
    {
        _order!.DeliverCut(cut);
        _own.Rewind();
        var before = _view;
        Use(view);
        if (tellsOthers)
        {
            SendToOthers(before.Members.Concat(view.Members).Select(member => member.Id).Distinct(), MulticastMessageKind.NewView);
        }

        _transfer.Begin(before, view, _delivery.Place);
        Begin();
    }

    /// <summary>The register holds this, and this node is no member yet.</summary>
    private void Joined(GroupView current)
    {
        if (current.Has(Self))
        {
            Use(current);
            if (current.Number == current.Era)
            {
                _delivery.Place = _firstPlace;
                Begin();
            }
            else
            {
                Enter(MulticastState.Restoring);
                WaitForState();
            }

            return;
        }

        _membership.Join(_host.Id, _incarnation, _firstPlace);
        if (current.Members.Count == 0 || _membership.Founder(current) == _host.Id)
        {
            _register.Claim(new GroupView(current.Number + 1, current.Number + 1, [Self], []));
            return;
        }

        SendToOthers(_membership.Nodes, MulticastMessageKind.Join);
    }

    private void WaitForState()
    {
        if (TicksInState * _options.TickUs >= _options.RestoreTimeoutUs || _view.Members.All(member => member.Id == _host.Id || _membership.IsGone(member)))
        {
            Leave();
            return;
        }

        SendToOthers(_view.Members.Select(member => member.Id), MulticastMessageKind.StateWanted);
    }

    private void Use(GroupView view)
    {
        _view = view;
        _order = ViewOrder.Create(_host, _options, view, _own, _delivery);
        _membership.Installed();
        _flush = null;
        _register.ForgetHint();
    }

    private void Begin()
    {
        Enter(MulticastState.Active);
        _host.ViewInstalled(_view, _delivery.Place);
        _order!.Begin();
        Reconsider();
    }

    /// <summary>The others have gone on without this node, or it has no state that it could go on with: it begins anew.</summary>
    private void Leave()
    {
        var wasMember = State is MulticastState.Active or MulticastState.Flushing;
        var (first, count) = _own.Clear();
        _incarnation++;
        (_view, _order, _flush) = (GroupView.None, null, null);
        _transfer.End();
        Enter(MulticastState.Joining);
        if (wasMember)
        {
            _host.Excluded(first, count);
        }

        _register.Read();
    }

    private void Enter(MulticastState state) => (State, _stateSinceTick) = (state, _ticks);

    private bool IsDue(long periodUs) => (TicksInState + 1) % Math.Max(1, periodUs / _options.TickUs) == 0;

    private void SendToOthers(IEnumerable<int> nodes, MulticastMessageKind kind)
    {
        foreach (var node in nodes.Where(node => node != _host.Id))
        {
            Send(node, kind);
        }
    }

    private void Send(int to, MulticastMessageKind kind, IReadOnlyList<long>? numbers = null) =>
        _host.Send(to, new MulticastMessage { Kind = kind, View = _view.Number, Numbers = numbers ?? [], Incarnation = _incarnation, Place = _firstPlace });
}
