using Lab.Coordination;
using Lab.Coordination.Clocks;
using Lab.Coordination.Simulation;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost.Simulation;

/// <summary>A buyer that is no peer: asks any peer who trades, buys there, and asks again when it is not answered.</summary>
internal sealed class SimulatedClient(SimulatedHost<PeerMessage> host, SimulatedMarket market) : INode<PeerMessage>
{
    private const long PatienceUs = 60_000;

    private VectorClock _clock = VectorClock.Zero;
    private int? _trader;
    private long _term;
    private int _session;
    private long _number;
    private PeerMessage? _asked;

    public void Start() => Go();

    public void Receive(int from, PeerMessage message)
    {
        market.Trace.Add(host.Id, from, message);
        _clock = _clock.Merge(message.Clock).Tick(host.Id);
        switch (message)
        {
            case TraderIs trader when trader.Term > _term:
                (_trader, _term) = (trader.Trader, trader.Term);
                Go();
                break;
            case Welcome welcome when _asked is Join join && join.Nonce == welcome.Nonce:
                (_session, _number, _asked) = (welcome.Session, 0, null);
                Go();
                break;
            case Done done when _asked is Buy buy && buy.Request == done.Request:
                market.Note(host.Id, new Bought(buy.Request, buy.Good, buy.Quantity, done.Seller!.Value, done.Price!.Value, done.Term));
                _asked = null;
                Go();
                break;
            case Refused { Reason: RefusalReason.NotTrader }:
                _trader = null;
                break;
            case Refused { Reason: RefusalReason.UnknownSession } refused when _asked is Buy buy && buy.Request == refused.Request:
                (_session, _asked) = (0, null);
                break;
            case Refused refused when _asked is Buy buy && buy.Request == refused.Request:
                _asked = null;
                break;
        }
    }

    public void Fire(string timer)
    {
        if (timer == "patience")
        {
            _trader = null;
        }

        Go();
    }

    public void Disconnected(int node) => _trader = _trader == node ? null : _trader;

    private void Go()
    {
        host.SetTimer("patience", PatienceUs);
        _clock = _clock.Tick(host.Id);
        if (_trader is not { } trader)
        {
            _term = 0;
            host.Send(host.Random.Next(market.Settings.Peers), new WhoTrades(host.Random.NextInt64(), 0) { Clock = _clock });
            return;
        }

        _asked ??= _session == 0
            ? new Join(host.Random.NextInt64(1, long.MaxValue))
            : new Buy(new(host.Id, _session, ++_number), (Good)host.Random.Next(Goods.All.Count), host.Random.Next(1, 4));
        host.Send(trader, _asked with { Clock = _clock });
    }
}
