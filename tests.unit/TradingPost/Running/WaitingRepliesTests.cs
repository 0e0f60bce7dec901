using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Running;

namespace Lab.Tests.Unit.TradingPost.Running;

public class WaitingRepliesTests
{
    private static readonly RequestId First = new(100, 1, 1);

    private readonly WaitingReplies _waiting = new(capacity: 4);

    [Fact]
    public void An_answer_finds_all_who_asked_and_nobody_else()
    {
        var (once, again, other) = (New(1), New(2), New(3));
        Assert.True(_waiting.TryAdd(100, new Buy(First, Good.Salt, 1), once));
        Assert.True(_waiting.TryAdd(100, new Buy(First, Good.Salt, 1), again));
        Assert.True(_waiting.TryAdd(101, new Buy(First with { Participant = 101 }, Good.Salt, 1), other));
        Assert.Empty(_waiting.Take(100, new Done(First with { Number = 2 }, 1, 0, 15)));
        Assert.Empty(_waiting.Take(102, new Done(First, 1, 0, 15)));
        Assert.Equal([once, again], _waiting.Take(100, new Done(First, 1, 0, 15)));
        Assert.Empty(_waiting.Take(100, new Done(First, 1, 0, 15)));
        Assert.Equal([other], _waiting.Take(101, new Refused(First with { Participant = 101 }, RefusalReason.NoSeller, 1, 1)));
    }

    [Fact]
    public void Questions_are_told_apart_by_their_nonces_and_a_refused_join_by_its_participant()
    {
        var (join, who, status) = (New(1), New(2), New(3));
        Assert.True(_waiting.TryAdd(100, new Join(5), join));
        Assert.True(_waiting.TryAdd(100, new WhoTrades(5, 0), who));
        Assert.True(_waiting.TryAdd(100, new AskStatus(6), status));
        Assert.Empty(_waiting.Take(100, new Welcome(6, 1)));
        Assert.Equal([who], _waiting.Take(100, new TraderIs(5, 3, 1)));
        Assert.Equal([status], _waiting.Take(100, new Status(6, 3, 1, null, null, null)));
        Assert.Empty(_waiting.Take(101, new Refused(default, RefusalReason.NotTrader, null, 0)));
        Assert.Equal([join], _waiting.Take(100, new Refused(default, RefusalReason.NotTrader, null, 0)));
    }

    [Fact]
    public void More_than_may_wait_are_refused_until_some_have_their_answer_or_have_waited_too_long()
    {
        for (var nonce = 1; nonce <= 4; nonce++)
        {
            Assert.True(_waiting.TryAdd(100, new WhoTrades(nonce, 0), New(nonce, deadlineUs: nonce)));
        }

        Assert.False(_waiting.TryAdd(100, new WhoTrades(5, 0), New(5)));
        Assert.Equal([1, 2], _waiting.TakeOverdue(2).Select(reply => reply.Id).Order().ToArray());
        Assert.Single(_waiting.Take(100, new TraderIs(3, 1, 1)));
        Assert.True(_waiting.TryAdd(100, new WhoTrades(5, 0), New(5)));
        Assert.Empty(_waiting.TakeOverdue(2));
    }

    [Fact]
    public void What_is_no_question_is_never_waited_for() =>
        Assert.False(_waiting.TryAdd(3, new Heartbeat(1, 2), New(1)));

    private static WaitingReply New(long id, long deadlineUs = long.MaxValue) => new(id, deadlineUs);
}
