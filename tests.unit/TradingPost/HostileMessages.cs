using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

/// <summary>Messages that are well formed and otherwise anything: now and then even right.</summary>
internal sealed class HostileMessages(int seed)
{
    private readonly Random _random = new(seed);

    public int Sender() => _random.Next(6) switch
    {
        0 => Int(),
        1 or 2 => _random.Next(3),
        _ => 100 + _random.Next(700),
    };

    public PeerMessage Next()
    {
        PeerMessage message = _random.Next(14) switch
        {
            0 => new Electing((ElectionMessageKind)_random.Next(-1, 6), _random.Next(1000)),
            1 => new Heartbeat(Long(), _random.Next(2) == 0 ? null : Int()),
            2 => new Join(Long()),
            3 => new Welcome(Long(), Int()),
            4 or 5 => new Buy(Request(), Good(), Int()),
            6 => new Deposit(Request(), Good(), Int()),
            7 => new Done(Request(), Long(), null, Int()),
            8 => new Refused(Request(), (RefusalReason)_random.Next(-1, 9), Int(), Long()),
            9 => new SaleNotice(Request(), Good(), Int(), Int(), Int()),
            10 => new Resign(),
            11 => new WhoTrades(Long(), Long()),
            12 => new TraderIs(Long(), Int(), Long()),
            _ => new AskStatus(Long()),
        };
        return message with { Clock = Clock() };
    }

    private VectorClock Clock() => VectorClock.Of([
        .. Enumerable.Range(0, _random.Next(40)).Select(_ => Int()).Distinct().Order().Select(node => (node, Math.Max(1, Long() & long.MaxValue))),
    ]);

    private RequestId Request() => new(_random.Next(2) == 0 ? _random.Next(3) : 100 + _random.Next(700), Int(), Long());

    private Good Good() => (Good)_random.Next(-1, 5);

    private int Int() => _random.Next(8) switch
    {
        0 => int.MinValue,
        1 => int.MaxValue,
        2 => _random.Next(int.MinValue, int.MaxValue),
        3 => 100 + _random.Next(700),
        _ => _random.Next(-2, 8),
    };

    private long Long() => _random.Next(6) switch
    {
        0 => long.MinValue,
        1 => long.MaxValue,
        2 => _random.NextInt64(),
        _ => _random.Next(-2, 20),
    };
}
