using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>Clients who want to know who trades, and wait until there is somebody (<see cref="WhoTrades"/>).</summary>
internal sealed class TraderQuestions(Action<int, PeerMessage> send)
{
    /// <summary>More are not answered; of each participant one question waits.</summary>
    public const int MostWaiting = 1024;

    /// <summary>Older questions are dropped: whoever asked has long asked again.</summary>
    public const long PatienceUs = 10_000_000;

    private readonly Dictionary<int, (WhoTrades Question, long AtUs)> _waiting = [];

    public void Ask(int from, WhoTrades question, int? trader, long term, long nowUs)
    {
        if (trader is { } known && term > question.AfterTerm)
        {
            send(from, new TraderIs(question.Nonce, known, term));
        }
        else if (_waiting.ContainsKey(from) || _waiting.Count < MostWaiting)
        {
            _waiting[from] = (question, nowUs);
        }
    }

    /// <summary>Somebody trades.</summary>
    public void Answer(int trader, long term)
    {
        foreach (var (from, (question, _)) in _waiting.Where(waiting => term > waiting.Value.Question.AfterTerm).ToList())
        {
            _waiting.Remove(from);
            send(from, new TraderIs(question.Nonce, trader, term));
        }
    }

    public void DropOld(long nowUs)
    {
        foreach (var from in _waiting.Where(waiting => nowUs - waiting.Value.AtUs > PatienceUs).Select(waiting => waiting.Key).ToList())
        {
            _waiting.Remove(from);
        }
    }
}
