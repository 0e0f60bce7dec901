using Lab.Coordination.Elections;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>What the peer's parts need of it.</summary>
public sealed partial class TradingPeer : IElectionHost, ITraderDesk, IParticipantDesk
{
    int IElectionHost.Id => _host.Id;

    Random IElectionHost.Random => _host.Random;

    Random IParticipantDesk.Random => _host.Random;

    void IElectionHost.Send(int to, ElectionMessage message) => _host.Send(to, new Electing(message.Kind, message.Term));

    void IElectionHost.SetTimer(string timer, long delayUs) => _host.SetTimer(timer, delayUs);

    void IElectionHost.CancelTimer(string timer) => _host.CancelTimer(timer);

    void IElectionHost.ClaimTerm()
    {
        CloseOffice();
        Report(PeerEventKind.Claiming);
        if (_appending)
        {
            // The accounts do one thing at a time: what an earlier term of this peer was writing comes first.
            _claimWaits = true;
        }
        else
        {
            _host.Claim();
        }
    }

    void IElectionHost.LeaderChanged(int? leader, long term)
    {
        CloseOffice();
        _askedTrader = false;
        if (leader == _host.Id && _claimed is { } claimed && claimed.Term == term)
        {
            _participant.TraderChanged(hasTrader: false);
            _trader = new Trader(this, _market, _host.Id, term, claimed.Ledger);
            _hasSold = false;
            Report(PeerEventKind.Trades);
            _trader.RemindSellers();
        }
        else
        {
            if (leader is { } other)
            {
                Report(PeerEventKind.Follows, other);
            }

            _participant.TraderChanged(leader is not null);
        }

        if (leader is { } known)
        {
            _questions.Answer(known, term);
        }
    }

    void IElectionHost.StateChanged(ElectionState from, ElectionState to)
    {
        if (to is ElectionState.Electing or ElectionState.Claiming && from is not (ElectionState.Electing or ElectionState.AwaitingCoordinator))
        {
            Report(PeerEventKind.ElectionBegun);
        }
    }

    void ITraderDesk.Append(IReadOnlyList<AccountRecord> records)
    {
        _appending = true;
        _host.Append(_trader!.Term, records);
    }

    void ITraderDesk.Tell(int participant, PeerMessage message) => Tell(participant, message);

    void IParticipantDesk.Ask(PeerMessage message)
    {
        if (_election.Leader is { } trader && trader != _host.Id)
        {
            _host.Send(trader, message with { Clock = _clock.Sending() });
        }
    }

    void IParticipantDesk.SetTimer(string timer, long delayUs) => _host.SetTimer(timer, delayUs);

    void IParticipantDesk.CancelTimer(string timer) => _host.CancelTimer(timer);

    void IParticipantDesk.Note(LedgerLine line) => _host.Note(line);

    void IParticipantDesk.Report(PeerEventKind kind, string detail) => Report(kind, detail: detail);

    void IParticipantDesk.TraderIsSilent()
    {
        if (_detector is null && _election.Leader is { } trader && trader != _host.Id)
        {
            Suspect(trader, "it does not answer a request");
        }
    }

    private void Tell(int participant, PeerMessage message)
    {
        if (participant == _host.Id)
        {
            Answer(message);
        }
        else
        {
            _host.Send(participant, message with { Clock = _clock.Sending() });
        }
    }

    /// <summary>Whatever is being written will find nobody who waits for it.</summary>
    private void CloseOffice()
    {
        var trader = _trader;
        _trader = null;
        trader?.Close();
    }
}
