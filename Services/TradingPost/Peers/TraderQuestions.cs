using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>Clients who want to know who trades, and wait until there is somebody (<see cref="WhoTrades"/>).</summary>
internal sealed class TraderQuestions(PeerContext context)
{
    /// <summary>More are not answered; of each participant one question waits.</summary>
    public const int MostWaiting = 1024;

    /// <summary>Older questions are dropped: whoever asked has long asked again.</summary>
    public const long PatienceUs = 10_000_000;

    private readonly Dictionary<int, (WhoTrades Question, long AtUs)> _waiting = [];

    public void Ask(int from, WhoTrades question)
    {
        if (context.Trader is { } trader && context.Term > question.AfterTerm)
        {
            context.Host.Send(from, new TraderIs(question.Nonce, trader, context.Term));
        }
        else if (_waiting.ContainsKey(from) || _waiting.Count < MostWaiting)
        {
            _waiting[from] = (question, context.Host.NowUs);
        }
    }

    /// <summary>Somebody else trades, or nobody.</summary>
    public void Answer()
    {
        if (context.Trader is not { } trader)
        {
            return;
        }

        foreach (var (from, (question, _)) in _waiting.Where(waiting => context.Term > waiting.Value.Question.AfterTerm).ToList())
        {
            _waiting.Remove(from);
            context.Host.Send(from, new TraderIs(question.Nonce, trader, context.Term));
        }
    }

    public void DropOld()
    {
        foreach (var from in _waiting.Where(waiting => context.Host.NowUs - waiting.Value.AtUs > PatienceUs).Select(waiting => waiting.Key).ToList())
        {
            _waiting.Remove(from);
        }
    }
}
