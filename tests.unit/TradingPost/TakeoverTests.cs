using Lab.Tests.Unit.Coordination;
using Lab.Tests.Unit.TradingPost.Simulation;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;

namespace Lab.Tests.Unit.TradingPost;

/// <summary>How a market of six goes on without its trader, in simulated time: messages take 0.2 ms, steps of the accounts 2 ms.</summary>
[Collection(nameof(AllProcessors))]
public class TakeoverTests
{
    private const long Millisecond = 1000;
    private const long Second = 1000 * Millisecond;
    private const int Trader = 5;

    private static readonly MarketSettings Settings = new() { Peers = 6, Sellers = 2, BuyEveryMs = 5, Stock = 50 };

    [Fact]
    public void A_trader_that_dies_is_replaced_within_50_ms() => Seeds.Run(
        100, seed => MustGoOnWithin(50, seed, market => market.Simulator.Crash(Trader)), typeof(TakeoverTests));

    [Fact]
    public void A_trader_that_is_stopped_is_replaced_within_250_ms() => Seeds.Run(
        100, seed => MustGoOnWithin(250, seed, market => market.Simulator.Pause(Trader)), typeof(TakeoverTests));

    /// <summary>The stopped one goes on in the middle of what it did, and is the highest: it learns that it is fenced, and takes over again.</summary>
    [Fact]
    public void A_trader_that_goes_on_harms_nobody() => Seeds.Run(100, seed =>
    {
        var market = MustGoOnWithin(250, seed, market => market.Simulator.Pause(Trader));
        var sales = market.CountOf(PeerEventKind.FirstSale);
        market.Simulator.Resume(Trader);
        market.Simulator.Run(market.Simulator.NowUs + (2 * Second));
        market.MustBeCorrect();
        Assert.True(market.CountOf(PeerEventKind.FirstSale) > sales);
    }, typeof(TakeoverTests));

    [Fact]
    public void A_trader_that_resigns_is_replaced_by_the_next_one() => Seeds.Run(
        100, seed => MustGoOnWithin(50, seed, market => market.Tell(Trader, new Lab.TradingPost.Protocol.Resign())), typeof(TakeoverTests));

    /// <summary>
    /// Repeating is for messages that were lost. Without them a change of traders leaves no buyer and no seller waiting: the next
    /// trader tells what the last one could not.
    /// </summary>
    [Theory]
    [InlineData("dies")]
    [InlineData("resigns")]
    public void After_a_change_nobody_waits_for_a_repetition(string how) => Seeds.Run(1000, seed =>
    {
        const long While = 200 * Millisecond;
        var market = new SimulatedMarket(seed, Settings with { BuyEveryMs = 3, Stock = 2 + (int)((uint)seed % 7) });
        market.IgnoredTimers.UnionWith(["participant-repeat", "peer-remind"]);
        market.Simulator.Run(Second + Seeds.Spread(seed, 370));
        if (how == "dies")
        {
            market.Simulator.Crash(Trader);
        }
        else
        {
            market.Tell(Trader, new Lab.TradingPost.Protocol.Resign());
        }

        market.Simulator.Run(market.Simulator.NowUs + While);
        for (var look = 0; look < 3; look++)
        {
            var (answered, idle) = (market.Answers.ToArray(), SellersWithoutGoods(market));
            market.Simulator.Run(market.Simulator.NowUs + While);
            idle.IntersectWith(SellersWithoutGoods(market));
            idle.UnionWith(market.Peers.Where(peer => peer >= Settings.Sellers && peer < Trader - 1));
            if (idle.FirstOrDefault(peer => market.Answers[peer] == answered[peer], -1) is var waits and >= 0)
            {
                throw market.Simulator.Violation($"peer {waits} does nothing for {While} us after its trader {how}\n{market.Trace}");
            }
        }

        market.MustBeCorrect();
    }, typeof(TakeoverTests));

    /// <summary>Schedulers and collectors stop processes for a while: that is no reason to elect.</summary>
    [Fact]
    public void Pauses_of_up_to_50_ms_elect_nobody() => Seeds.Run(4, seed =>
    {
        var market = new SimulatedMarket(seed, Settings with { BuyEveryMs = 20 });
        market.Simulator.Run(Second);
        var trades = market.CountOf(PeerEventKind.Trades);
        for (var at = Second; at < 120 * Second; at += 100 * Millisecond)
        {
            foreach (var peer in market.Peers)
            {
                var pause = market.Simulator.Random.NextInt64(50 * Millisecond);
                market.Simulator.At(at + (peer * Millisecond), () => market.Simulator.Pause(peer, pause));
                market.Simulator.At(at + (peer * Millisecond) + pause, () => market.Simulator.Resume(peer));
            }
        }

        market.Simulator.Run(120 * Second);
        Assert.Equal((trades, 0), (market.CountOf(PeerEventKind.Trades), market.CountOf(PeerEventKind.TraderLost)));
        Assert.True(market.MustBeCorrect().Counts.Sales > 1000);
    }, typeof(TakeoverTests));

    private static HashSet<int> SellersWithoutGoods(SimulatedMarket market)
    {
        var accounts = market.Accounts.Replay(market.Accounts.History()).Summarise();
        return [.. accounts.Where(account => account.Participant < Settings.Sellers && account.Stock.Values.Sum() == 0).Select(account => account.Participant)];
    }

    private static SimulatedMarket MustGoOnWithin(long milliseconds, int seed, Action<SimulatedMarket> end)
    {
        var market = new SimulatedMarket(seed, Settings);
        var at = Second + Seeds.Spread(seed, 370);
        market.Simulator.Run(at);
        var (trades, sales) = (market.CountOf(PeerEventKind.Trades), market.CountOf(PeerEventKind.FirstSale));
        end(market);
        market.Simulator.Run(at + (milliseconds * Millisecond));
        Assert.Equal(trades + 1, market.CountOf(PeerEventKind.Trades));

        // A buyer may want what nobody has just then: it asks for something else after a pause.
        market.Simulator.Run(market.Simulator.NowUs + (4 * Participant.RefusedPauseUs));
        Assert.Equal(sales + 1, market.CountOf(PeerEventKind.FirstSale));
        market.MustBeCorrect();
        Seeds.Tell(
            market.Simulator.NowUs,
            $"trades after {market.LastUs(PeerEventKind.Trades) - at} us, first sale after {market.LastUs(PeerEventKind.FirstSale) - at} us");
        return market;
    }
}
