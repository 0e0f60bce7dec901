using Lab.Coordination.Clocks;
using Lab.Tests.Unit.Coordination;
using Lab.TradingPost.Checking;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

public class CheckerTests
{
    private static readonly JournalEntry[] Correct =
    [
        new(1, 5, null),
        new(1, 5, new Joined(0, 1, 7)),
        new(1, 5, new Joined(1, 1, 8)),
        new(1, 5, new Joined(100, 1, 9)),
        new(1, 5, new Deposited(new(0, 1, 1), Salt, 10, At(1))),
        new(3, 4, null),
        new(3, 4, Sale(1, 1, 2)),
        new(3, 4, Sale(100, 1, 3)),
        new(3, 4, Sale(100, 2, 4) with { Round = 2 }),
    ];

    private static readonly OwnLine[] Lines =
    [
        new(0, new Stored(new(0, 1, 1), Salt, 10, 1)),
        new(0, new SoldForMe(new(1, 1, 1), Salt, 1, 12)),
        new(0, new SoldForMe(new(1, 1, 1), Salt, 1, 12)),
        new(100, new Bought(new(100, 1, 2), Salt, 1, 0, 15, 3)),
    ];

    private const Good Salt = Lab.TradingPost.Market.Good.Salt;

    [Fact]
    public void A_correct_market_is_found_correct()
    {
        var verdict = MarketChecker.Check(Correct, Lines);
        Assert.Empty(verdict.Findings);
        Assert.True(verdict.Holds);
        Assert.Equal(new MarketCounts(2, 3, 1, 3, 1, 45, 4), verdict.Counts);
    }

    /// <summary>Ledger and checker keep the same books, each in its own way.</summary>
    [Fact]
    public void What_the_ledger_takes_is_correct() => Seeds.Run(100, seed =>
    {
        var ledger = new Ledger();
        var checker = new MarketChecker();
        foreach (var entry in new RandomRecords(seed).Take(1000))
        {
            checker.Add(entry);
            if (entry.Record is not null)
            {
                ledger.Apply(entry.Record, entry.Term);
            }
        }

        checker.Add(ledger.Summarise());
        Assert.Empty(checker.Finish().Findings);
    }, typeof(CheckerTests));

    public static TheoryData<string> Wrong => [.. WrongHistories.Keys];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_wrong_is_found(string finding)
    {
        var verdict = MarketChecker.Check(WrongHistories[finding], Lines);
        Assert.False(verdict.Holds);
        Assert.Contains(verdict.Findings, found => found.Contains(finding, StringComparison.Ordinal));
    }

    public static TheoryData<string, OwnLine> WrongLines => new()
    {
        { "know nothing of it", new(100, new Bought(new(100, 1, 9), Salt, 1, 0, 15, 3)) },
        { "the accounts say", new(100, new Bought(new(100, 1, 1), Salt, 1, 0, 15, 1)) },
        { "the accounts say", new(100, new Bought(new(100, 1, 1), Salt, 2, 0, 15, 3)) },
        { "the accounts say", new(100, new Bought(new(100, 1, 1), Salt, 1, 1, 15, 3)) },
        { "the accounts say", new(100, new Bought(new(1, 1, 1), Salt, 1, 0, 15, 3)) },
        { "the accounts say", new(0, new SoldForMe(new(1, 1, 1), Salt, 1, 15)) },
        { "the accounts say", new(1, new SoldForMe(new(1, 1, 1), Salt, 1, 12)) },
        { "the accounts say", new(0, new Stored(new(0, 1, 1), Salt, 11, 1)) },
        { "know nothing of it", new(0, new Stored(new(0, 2, 1), Salt, 10, 1)) },
    };

    [Theory]
    [MemberData(nameof(WrongLines))]
    public void A_line_that_the_accounts_do_not_know_is_found(string finding, OwnLine line) =>
        Assert.Contains(finding, Assert.Single(MarketChecker.Check(Correct, [line]).Findings), StringComparison.Ordinal);

    [Fact]
    public void Accounts_that_the_history_does_not_come_to_are_found()
    {
        var checker = new MarketChecker();
        Correct.ToList().ForEach(checker.Add);
        var stock = new Dictionary<Good, long> { [Salt] = 7 };
        checker.Add([new AccountSummary(0, 0, 36, 0, new Dictionary<Good, long>(), stock)]);
        Assert.True(checker.Finish().Holds);
        checker.Add([new AccountSummary(0, 0, 37, 0, new Dictionary<Good, long>(), stock)]);
        Assert.False(checker.Finish().Holds);
    }

    [Fact]
    public void Findings_are_counted_all_and_described_in_part()
    {
        var verdict = MarketChecker.Check([.. Correct, .. Enumerable.Repeat(Correct[6], 1000)], []);
        Assert.Equal(MarketChecker.MostFindings, verdict.Findings.Count);
        Assert.True(verdict.Violations >= 1000);
    }

    private static Dictionary<string, JournalEntry[]> WrongHistories { get; } = new(StringComparer.Ordinal)
    {
        ["was claimed twice"] = [.. Correct, new(3, 2, null)],
        ["was claimed after term"] = [.. Correct, new(2, 2, null)],
        ["wrote after term"] = [.. Correct, new(1, 5, new Joined(7, 1, 1))],
        ["two traders in term"] = [.. Correct, new(3, 5, new Joined(7, 1, 1))],
        ["done twice"] = [.. Correct, Correct[6]],
        ["follows session"] = [.. Correct, new(3, 4, new Joined(1, 3, 1))],
        ["follows request 1 of session 1"] = [.. Correct, new(3, 4, Sale(1, 0, 9))],
        ["of session 0"] = [.. Correct, new(3, 4, Sale(7, 1, 9))],
        ["is about nothing"] = [.. Correct, new(3, 4, Sale(1, 2, 9) with { Quantity = 0, Price = 0, Commission = 0 })],
        ["should cost"] = [.. Correct, new(3, 4, Sale(1, 2, 9) with { Price = 14 })],
        ["get 3 of them"] = [.. Correct, new(3, 4, Sale(1, 2, 9) with { Commission = 0 })],
        ["coins, sellers and traders got"] = [.. Correct, new(3, 4, Sale(1, 2, 9) with { Commission = 2 })],
        ["and 4 trades"] = [.. Correct, new(3, 4, Sale(1, 2, 9) with { Trader = 5 })],
        ["sells what is not there"] = [.. Correct, new(3, 4, Sale(1, 2, 9) with { Quantity = 8, Price = 120, Commission = 24 })],
        ["who deposited before"] =
        [
            .. Correct, new(3, 4, new Deposited(new(1, 1, 2), Salt, 5, At(9))), new(3, 4, Sale(100, 3, 9) with { Seller = 1, Round = 3 }),
        ],
        ["against the vector order"] = [.. Correct[..6], Correct[7], Correct[6]],
        ["follows round"] = [.. Correct, new(3, 4, Sale(1, 2, 9) with { Round = 1 })],
        ["know nothing of it"] = Correct[..^1],
    };

    private static VectorClock At(long sum) => VectorClock.Of((1, sum));

    private static Sold Sale(int buyer, long number, long sum) => new(new(buyer, 1, number), Salt, 1, 0, 4, 15, 3, At(sum), 1);
}
