using Lab.Threading;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.Transport.Frames;

namespace Lab.TradingPost.Running;

/// <summary>
/// Requests whose senders wait on their connection for the reply. A reply finds its request by what both carry: the
/// participant with the request's name, or the nonce. Only for the peer's own thread.
/// </summary>
/// <param name="capacity">More are refused.</param>
internal sealed class WaitingReplies(int capacity)
{
    private readonly Dictionary<ReplyKey, List<WaitingReply>> _waiting = [];
    private int _count;

    /// <returns>False when too many wait, or when the message is none that is ever answered.</returns>
    public bool TryAdd(int participant, PeerMessage message, WaitingReply reply)
    {
        if (_count >= capacity || ReplyKey.OfQuestion(participant, message) is not { } key)
        {
            return false;
        }

        if (!_waiting.TryGetValue(key, out var same))
        {
            _waiting[key] = same = new(1);
        }

        same.Add(reply);
        _count++;
        return true;
    }

    /// <summary>Those who wait for this message; none when it answers nobody's question. They wait no longer.</summary>
    public IReadOnlyList<WaitingReply> Take(int participant, PeerMessage message)
    {
        if (_count == 0)
        {
            return [];
        }

        if (message is Refused { Request: var request } && request == default)
        {
            // The refusal of a join names none: it is for all joins of the participant.
            return [.. _waiting.Keys.Where(key => key.Participant == participant && key.Kind == QuestionKind.Join).ToList().SelectMany(Take)];
        }

        return ReplyKey.OfAnswer(participant, message) is { } answered ? Take(answered) : [];
    }

    /// <summary>Those who have waited until now, by <see cref="MonotonicClock.NowUs"/>. They wait no longer.</summary>
    public IReadOnlyList<WaitingReply> TakeOverdue(long nowUs)
    {
        List<WaitingReply> overdue = [];
        foreach (var (key, waiting) in _waiting)
        {
            overdue.AddRange(waiting.Where(reply => reply.DeadlineUs <= nowUs));
            _count -= waiting.RemoveAll(reply => reply.DeadlineUs <= nowUs);
            if (waiting.Count == 0)
            {
                _waiting.Remove(key);
            }
        }

        return overdue;
    }

    private IReadOnlyList<WaitingReply> Take(ReplyKey key)
    {
        if (!_waiting.Remove(key, out var found))
        {
            return [];
        }

        _count -= found.Count;
        return found;
    }

    /// <summary>What question and answer have in common.</summary>
    private readonly record struct ReplyKey(int Participant, QuestionKind Kind, RequestId Request, long Nonce)
    {
        public static ReplyKey? OfQuestion(int participant, PeerMessage message) => message switch
        {
            Join join => new(participant, QuestionKind.Join, default, join.Nonce),
            GoodsRequest asked => new(participant, QuestionKind.Request, asked.Request, 0),
            WhoTrades who => new(participant, QuestionKind.Trader, default, who.Nonce),
            AskStatus status => new(participant, QuestionKind.Status, default, status.Nonce),
            _ => null,
        };

        public static ReplyKey? OfAnswer(int participant, PeerMessage message) => message switch
        {
            Welcome welcome => new(participant, QuestionKind.Join, default, welcome.Nonce),
            Refused refused => new(participant, QuestionKind.Request, refused.Request, 0),
            Done done => new(participant, QuestionKind.Request, done.Request, 0),
            TraderIs trader => new(participant, QuestionKind.Trader, default, trader.Nonce),
            Status status => new(participant, QuestionKind.Status, default, status.Nonce),
            _ => null,
        };
    }

    private enum QuestionKind
    {
        Join,
        Request,
        Trader,
        Status,
    }
}

/// <summary>Somebody waits for a reply.</summary>
/// <param name="Id">Of the envelope that asked.</param>
/// <param name="DeadlineUs">Until when, by <see cref="MonotonicClock.NowUs"/>.</param>
internal sealed record WaitingReply(long Id, long DeadlineUs)
{
    // Completed at the end of a turn, by the peer's thread, which then sends the frame itself: no other thread is woken for it.
    private readonly TaskCompletionSource<OutgoingFrame?> _frame = new();

    public Task<OutgoingFrame?> Frame => _frame.Task;

    public void Answer(OutgoingFrame frame) => _frame.SetResult(frame);
}
