using Lab.Coordination.Simulation;
using Lab.Tests.Unit.Coordination;
using Lab.Tests.Unit.TradingPost.Simulation;
using Lab.TradingPost.Peers;

namespace Lab.Tests.Unit.TradingPost;

[Collection(nameof(AllProcessors))]
public class MarketSimulationTests
{
    /// <summary>A shorter run could hardly go wrong.</summary>
    public const int MinEvents = 1000;

    private const int Runs = 10_000;

    private readonly Lock _lock = new();

    private SimulationCounts _counts;
    private (long Elections, long Fenced, long Torn, long Failures, long Sales, long SharedRounds, long Restocked) _total;

    /// <summary>No coin, no piece and no acknowledged request is lost, whatever fails; and trade goes on afterwards.</summary>
    [Fact]
    public void Whatever_fails_the_accounts_stay_correct_and_trade_goes_on()
    {
        Seeds.Run(Runs, Check, typeof(MarketSimulationTests));
        TestContext.Current.TestOutputHelper?.WriteLine($"{_counts}\n{_total}");
        if (Environment.GetEnvironmentVariable(Seeds.Variable) is { Length: > 0 })
        {
            return;
        }

        // A simulation in which nothing goes wrong proves nothing.
        Assert.True(_counts.Events > Runs * (long)MinEvents);
        Assert.True(_counts.Crashes > Runs / 2 && _counts.Pauses > Runs / 2 && _counts.Partitions > Runs / 2, $"{_counts}");
        Assert.True(_counts is { Lost: > Runs, Duplicated: > Runs, Slowed: > Runs, Replayed: > Runs, Forged: > Runs }, $"{_counts}");
        Assert.True(_total.Elections > Runs && _total.Fenced > Runs / 10 && _total.Torn > Runs / 100 && _total.Failures > Runs / 100, $"{_total}");
        Assert.True(_total.Sales > Runs * 10 && _total.SharedRounds > Runs && _total.Restocked > Runs, $"{_total}");
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var (first, second, other) = (new SimulatedMarket(7), new SimulatedMarket(7), new SimulatedMarket(8));
        first.Run();
        second.Run();
        other.Run();
        Assert.Equal(first.TraceHash, second.TraceHash);
        Assert.Equal(first.Verdict().Counts, second.Verdict().Counts);
        Assert.NotEqual(first.TraceHash, other.TraceHash);
    }

    private void Check(int seed)
    {
        var market = new SimulatedMarket(seed);
        market.Run();
        var verdict = market.MustBeCorrect();
        lock (_lock)
        {
            _counts = _counts.Plus(market.Counts);
            _total.Elections += market.CountOf(PeerEventKind.Trades);
            _total.Fenced += market.CountOf(PeerEventKind.Fenced);
            _total.Torn += market.Accounts.Torn;
            _total.Failures += market.Accounts.Failures;
            _total.Sales += verdict.Counts.Sales;
            _total.SharedRounds += verdict.Counts.SharedRounds;
            _total.Restocked += market.CountOf(PeerEventKind.Restocked);
        }
    }
}
