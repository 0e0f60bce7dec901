namespace Lab.Coordination.Elections;

/// <summary>
/// The bully algorithm (H. Garcia-Molina, "Elections in a Distributed Computing System", 1982): the highest id that lives
/// leads. Terms fence: whoever wins claims the next term before it announces itself.
/// </summary>
public sealed class BullyElection
{
    private readonly IElectionHost _host;
    private readonly ElectionOptions _options;
    private readonly Voters _voters;
    private readonly ElectionStanding _standing;
    private readonly TermConfirmation _confirmation;

    /// <summary>When asking one after the other: who was asked last.</summary>
    private int _asked;

    /// <summary>The highest id that answered.</summary>
    private int? _answered;

    /// <summary>How often in a row the store has failed this node.</summary>
    private int _failures;

    /// <summary>This node has resigned, and leaves it to others until its successor is lost.</summary>
    private bool _resigned;

    /// <param name="host">The node it is part of.</param>
    /// <param name="nodes">Ids of all who vote; the node's own may be among them.</param>
    /// <param name="options">Patience.</param>
    public BullyElection(IElectionHost host, IReadOnlyList<int> nodes, ElectionOptions options)
    {
        (_host, _options, _voters) = (host, options, new Voters(host.Id, nodes));
        _standing = new ElectionStanding(host, _voters);
        _confirmation = new TermConfirmation(host, IsNews, Believe);
    }

    public ElectionState State => _standing.State;

    /// <summary>Who leads, as far as this node knows.</summary>
    public int? Leader => _standing.Leader;

    /// <summary>The term of <see cref="Leader"/>, or the highest heard of. Never falls.</summary>
    public long Term => _standing.Term;

    public bool IsLeader => Leader == _host.Id;

    /// <summary>A node that starts, or comes back, stands for election: it may be the highest.</summary>
    public void Start() => Elect();

    /// <summary>
    /// Takes a message. Lost, late, doubled, reordered and false ones do no harm; those of nodes that do not vote are ignored.
    /// One that speaks of a term which is news waits until the store has confirmed it, or is dropped.
    /// </summary>
    public void Receive(int from, ElectionMessage message)
    {
        if (!_voters.Include(from))
        {
            return;
        }

        _confirmation.Take(from, message);
        Trust(from);
    }

    /// <summary>The answer to <see cref="IElectionHost.ConfirmTerm"/>.</summary>
    /// <param name="isTrue">False: the store never gave that term, not to that leader, or cannot be asked now.</param>
    public void TermConfirmed(bool isTrue) => _confirmation.Answered(isTrue);

    /// <summary>True when the timer was one of the election's.</summary>
    public bool Fire(string timer)
    {
        if (timer != ElectionStanding.Timer)
        {
            return false;
        }

        switch (State)
        {
            case ElectionState.Electing when _options.Parallel:
                Claim();
                break;
            case ElectionState.Electing:
                AskNext();
                break;
            case ElectionState.AwaitingCoordinator:
                Elect();
                break;
            case ElectionState.Resting:
                _resigned = false;
                Elect();
                break;
            case ElectionState.Leading:
                Announce();
                break;
        }

        return true;
    }

    /// <summary>A node is held to be gone (its connection ended, or the failure detector says so).</summary>
    public void Suspect(int node)
    {
        if (!_voters.Include(node))
        {
            return;
        }

        _voters.Suspect(node);
        if (Leader == node)
        {
            Lose();
        }

        if (State == ElectionState.AwaitingCoordinator && node == _answered)
        {
            Elect();
        }
        else if (State == ElectionState.Electing && (_options.Parallel ? _voters.NextHigher(_host.Id) is null : node == _asked))
        {
            AskNext();
        }
    }

    /// <summary>A node has been heard of again.</summary>
    public void Trust(int node)
    {
        if (_voters.Trust(node) && IsLeader)
        {
            _standing.Send(node, ElectionMessageKind.Coordinator);
        }
    }

    /// <summary>The claim was granted: this node leads from now on, and says so to all.</summary>
    public void TermGranted(long term)
    {
        if (State != ElectionState.Claiming)
        {
            return;
        }

        if (term <= Term)
        {
            // Someone claimed after this node did, and was faster to say so.
            GiveWay();
            return;
        }

        _voters.Declined = null;
        _standing.Enter(ElectionState.Leading);
        _standing.SetLeader(_host.Id, term);
        Announce();
    }

    /// <summary>The claim failed.</summary>
    public void TermRefused()
    {
        if (State == ElectionState.Claiming)
        {
            _failures++;
            GiveWay();
        }
    }

    /// <summary>What this node wrote as the leader is there: the store can be used.</summary>
    public void StoreWorked() => _failures = 0;

    /// <summary>A leader's write failed, and nobody knows whether it is there: it leads no longer.</summary>
    public void StoreFailed()
    {
        if (IsLeader)
        {
            _failures++;
            Fenced();
        }
    }

    /// <summary>A higher term has been claimed by another: this node leads no longer.</summary>
    public void Fenced()
    {
        if (IsLeader)
        {
            Rest();
            _standing.SetLeader(null, Term);
        }
    }

    /// <summary>
    /// This node gives its office up, and does not stand in the next election, nor while that election's winner leads.
    /// Nothing happens to a node that neither leads nor is about to.
    /// </summary>
    public void Resign()
    {
        if (State is ElectionState.Following or ElectionState.Resting)
        {
            return;
        }

        var led = IsLeader;
        _resigned = true;
        Rest();
        if (led)
        {
            _standing.SendAll(ElectionMessageKind.Resigned);
            _standing.SetLeader(null, Term);
        }
    }

    /// <summary>Whoever made its term up could end the office of whoever leads, and nobody could follow in it.</summary>
    private bool IsNews(ElectionMessage message) => message.Kind switch
    {
        ElectionMessageKind.Coordinator => message.Term > Term || (message.Term == Term && Leader is null),
        ElectionMessageKind.Election or ElectionMessageKind.Answer => message.Term > Term,
        _ => false,
    };

    private void Believe(int from, ElectionMessage message)
    {
        if (message.Kind is ElectionMessageKind.Election or ElectionMessageKind.Answer && message.Term > Term)
        {
            HearOf(message.Term);
        }

        switch (message.Kind)
        {
            case ElectionMessageKind.Election when from < _host.Id:
                Asked(from);
                break;
            case ElectionMessageKind.Answer when from > _host.Id:
                Answered(from);
                break;
            case ElectionMessageKind.Coordinator:
                Announced(from, message.Term);
                break;
            case ElectionMessageKind.Resigned when Leader == from && message.Term == Term:
                _voters.Declined = from;
                Lose();
                break;
        }
    }

    /// <summary>There is no leader any more.</summary>
    private void Lose()
    {
        _standing.SetLeader(null, Term);
        if (State == ElectionState.Following)
        {
            _resigned = false;
            Elect();
        }
    }

    private void Elect()
    {
        _asked = _host.Id;
        _answered = null;
        if (!_options.Parallel || _voters.NextHigher(_host.Id) is null)
        {
            AskNext();
            return;
        }

        _standing.Enter(ElectionState.Electing, _options.AnswerTimeoutUs);
        for (var next = _voters.NextHigher(_host.Id); next is { } node; next = _voters.NextHigher(node))
        {
            _standing.Send(node, ElectionMessageKind.Election);
        }
    }

    private void AskNext()
    {
        if (_voters.NextHigher(_asked) is not { } next)
        {
            Claim();
            return;
        }

        _asked = next;
        _standing.Enter(ElectionState.Electing, _options.AnswerTimeoutUs);
        _standing.Send(next, ElectionMessageKind.Election);
    }

    private void Claim()
    {
        _standing.Enter(ElectionState.Claiming);
        _host.ClaimTerm();
    }

    /// <summary>A lower id stands for election.</summary>
    private void Asked(int from)
    {
        if (IsLeader)
        {
            _standing.Send(from, ElectionMessageKind.Coordinator);
        }
        else if (State != ElectionState.Resting && !_resigned)
        {
            _standing.Send(from, ElectionMessageKind.Answer);
            if (State == ElectionState.Following && (!_options.Parallel || !(Leader > _host.Id)))
            {
                Elect();
            }
        }
    }

    private void Answered(int from)
    {
        if (State == ElectionState.Electing)
        {
            _answered = from;
            _standing.Enter(ElectionState.AwaitingCoordinator, _options.CoordinatorTimeoutUs);
        }
        else if (State == ElectionState.AwaitingCoordinator && !(_answered > from))
        {
            _answered = from;
        }
    }

    /// <summary>Someone says that it leads.</summary>
    private void Announced(int from, long term)
    {
        if (term < Term)
        {
            if (IsLeader)
            {
                _standing.Send(from, ElectionMessageKind.Coordinator);
            }

            return;
        }

        if (term == Term && Leader is { } known && (known == _host.Id || known != from))
        {
            // A term has one leader, and that one is confirmed.
            return;
        }

        _voters.Declined = null;
        var bully = from < _host.Id && !_resigned;
        if (!bully && State != ElectionState.Claiming)
        {
            _resigned &= from < _host.Id;
            _standing.Enter(ElectionState.Following);
        }

        var wasSettled = State is ElectionState.Following or ElectionState.Leading;
        _standing.SetLeader(from, term);
        if (bully && wasSettled)
        {
            Elect();
        }
    }

    /// <summary>There is a higher term: whoever led before is fenced, and its successor will announce itself.</summary>
    private void HearOf(long term)
    {
        if (IsLeader)
        {
            Rest();
        }
        else if (State == ElectionState.Following)
        {
            _answered = null;
            _standing.Enter(ElectionState.AwaitingCoordinator, _options.CoordinatorTimeoutUs);
        }

        _standing.SetLeader(null, term);
    }

    /// <summary>The claim came to nothing.</summary>
    private void GiveWay()
    {
        if (Leader > _host.Id)
        {
            _standing.Enter(ElectionState.Following);
        }
        else
        {
            Rest();
        }
    }

    private void Rest()
    {
        const int Usual = 2;
        const int MostDoublings = 20;
        var patience = Math.Min(_options.LongestPatienceUs, _options.FencedPatienceUs << Math.Clamp(_failures - Usual, 0, MostDoublings));
        _standing.Enter(ElectionState.Resting, patience + _host.Random.NextInt64((patience / 2) + 1));
    }

    private void Announce()
    {
        _standing.SetTimer(_options.RepeatUs);
        _standing.SendAll(ElectionMessageKind.Coordinator);
    }
}
