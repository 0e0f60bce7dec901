using Lab.Coordination;
using Lab.Coordination.Simulation;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost.Simulation;

/// <summary>A process of a peer: the peer itself, its way to the simulated accounts, and a look at what happens to it.</summary>
internal sealed class SimulatedPeer : INode<PeerMessage>, IPeerHost
{
    private readonly SimulatedHost<PeerMessage> _host;
    private readonly SimulatedMarket _market;
    private readonly TradingPeer _peer;

    public SimulatedPeer(SimulatedHost<PeerMessage> host, SimulatedMarket market)
    {
        (_host, _market) = (host, market);
        _peer = new TradingPeer(this, market.Settings);
    }

    public int Id => _host.Id;

    public long NowUs => _host.NowUs;

    public Random Random => _host.Random;

    public void Start() => _peer.Start();

    public void Receive(int from, PeerMessage message)
    {
        _market.Trace.Add(Id, from, message);
        _market.Answers[Id] += message is Welcome or Done or Refused ? 1 : 0;
        _peer.Receive(from, message);
    }

    public void Fire(string timer)
    {
        _market.Trace.Add(Id, null, timer);
        if (_market.IgnoredTimers.Contains(timer))
        {
            return;
        }

        _peer.Fire(timer);
    }

    public void Disconnected(int node)
    {
        _market.Trace.Add(Id, node, "disconnected");
        _peer.Disconnected(node);
    }

    public void Send(int to, PeerMessage message) => _host.Send(to, message);

    public void SetTimer(string timer, long delayUs) => _host.SetTimer(timer, delayUs);

    public void CancelTimer(string timer) => _host.CancelTimer(timer);

    public void Claim() => _market.Accounts.Claim(_host, Claimed, _peer.ClaimFailed);

    public void Confirm(long term, int? trader) => _market.Accounts.Confirm(_host, term, trader, _peer.Confirmed);

    public void Append(long term, IReadOnlyList<AccountRecord> records)
    {
        _market.BeginAppend(_host);
        _market.Accounts.Append(
            _host, term, _market.Mutant == Mutant.OrderIgnored ? InAnyOrder(records) : records,
            () => Answered(() => _peer.Appended(term), "appended"),
            () => Answered(() => _peer.Fenced(term), "fenced"),
            reason => Answered(() => _peer.AppendFailed(term, reason), "append failed"));
    }

    public void Report(PeerEvent happened)
    {
        _market.Trace.Add(Id, happened.Other, happened);
        _market.Happened(Id, happened);
    }

    public void Note(LedgerLine line) => _market.Note(Id, line);

    private void Claimed(ClaimedAccounts accounts)
    {
        _market.Trace.Add(Id, null, accounts);
        _peer.Claimed(accounts);
    }

    private void Answered(Action tell, string what)
    {
        _market.Trace.Add(Id, null, what);
        _market.EndAppend(_host);
        tell();
    }

    /// <summary>Sales that stand together change places, as if nobody had put them in order.</summary>
    private List<AccountRecord> InAnyOrder(IReadOnlyList<AccountRecord> records)
    {
        List<AccountRecord> ordered = [.. records];
        for (var index = 1; index < ordered.Count; index++)
        {
            if (ordered[index] is Sold && ordered[index - 1] is Sold && Random.Next(2) == 0)
            {
                (ordered[index], ordered[index - 1]) = (ordered[index - 1], ordered[index]);
            }
        }

        return ordered;
    }
}
