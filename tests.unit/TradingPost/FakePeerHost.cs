using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

/// <summary>Remembers what a peer wants done.</summary>
internal sealed class FakePeerHost(int id) : IPeerHost
{
    public int Id => id;

    public long NowUs { get; set; } = 1_000_000;

    public Random Random { get; } = new(1);

    public List<(int To, PeerMessage Message)> Sent { get; } = [];

    /// <summary>Those that are set, with their delays in microseconds.</summary>
    public Dictionary<string, long> Timers { get; } = new(StringComparer.Ordinal);

    /// <summary>As they were before they got their clocks.</summary>
    public IReadOnlyList<(int To, PeerMessage Message)> SentWithoutClocks =>
        [.. Sent.Select(sent => (sent.To, sent.Message with { Clock = VectorClock.Zero }))];

    public List<PeerEvent> Events { get; } = [];

    public List<LedgerLine> Lines { get; } = [];

    public List<(long Term, IReadOnlyList<AccountRecord> Records)> Appends { get; } = [];

    public int Claims { get; private set; }

    public void Send(int to, PeerMessage message) => Sent.Add((to, message));

    public void SetTimer(string timer, long delayUs) => Timers[timer] = delayUs;

    public void CancelTimer(string timer) => Timers.Remove(timer);

    public void Claim() => Claims++;

    /// <summary>Called with what the accounts are asked about; null: they do not answer.</summary>
    public Action<long, int?>? Confirming { get; set; }

    public void Confirm(long term, int? trader) => Confirming?.Invoke(term, trader);

    public void Append(long term, IReadOnlyList<AccountRecord> records) => Appends.Add((term, records));

    public void Report(PeerEvent happened) => Events.Add(happened);

    public void Note(LedgerLine line) => Lines.Add(line);
}
