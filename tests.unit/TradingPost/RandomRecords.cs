using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;

namespace Lab.Tests.Unit.TradingPost;

/// <summary>Histories that could have been: whatever a market can do, at random.</summary>
internal sealed class RandomRecords(int seed, int participants = 12)
{
    private readonly Random _random = new(seed);
    private readonly Ledger _ledger = new();
    private VectorClock _clock = VectorClock.Zero;
    private long _term = 1;
    private long _round;

    /// <summary>The claim of a term, or a record that the ledger takes.</summary>
    public IEnumerable<JournalEntry> Take(int count)
    {
        yield return new(_term, Trader, null);
        for (var taken = 0; taken < count; taken++)
        {
            if (_random.Next(40) == 0)
            {
                _term += _random.Next(1, 3);
                _round = 0;
                yield return new(_term, Trader, null);
            }

            var record = Next();
            _ledger.Apply(record, _term);
            yield return new(_term, Trader, record);
        }
    }

    private int Trader => (int)(_term % 5);

    private AccountRecord Next()
    {
        var participant = _random.Next(participants);
        participant = participant < 6 ? participant : 94 + participant;
        var account = _ledger.Find(participant);
        _clock = _clock.Tick(participant);
        if (account is null or { Session: 0 } || _random.Next(30) == 0)
        {
            return new Joined(participant, (account?.Session ?? 0) + 1, _random.NextInt64());
        }

        var request = new RequestId(participant, account.Session, account.LastNumber + _random.Next(1, 3));
        var (good, quantity) = ((Good)_random.Next(Goods.All.Count), _random.Next(1, 4));
        if (_ledger.FindSeller(good, quantity) is not { } seller || _random.Next(4) == 0)
        {
            return new Deposited(request, good, quantity * 5, _clock);
        }

        var price = Prices.Of(good) * quantity;
        return new Sold(request, good, quantity, seller.Participant, Trader, price, Prices.CommissionOf(price), _clock, ++_round);
    }
}
