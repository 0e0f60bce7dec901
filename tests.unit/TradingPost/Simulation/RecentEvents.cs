using System.Text;
using Lab.Coordination.Simulation;
using Lab.Tests.Unit.Coordination;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost.Simulation;

/// <summary>The last things that happened in a simulated market, for the message of a failure.</summary>
internal sealed class RecentEvents(Simulator<PeerMessage> simulator)
{
    private const int Kept = 64;

    private static readonly bool TellsAll = Environment.GetEnvironmentVariable(Seeds.Variable) is { Length: > 0 };

    private readonly (long AtUs, int Node, int? Other, object What)[] _events = new (long, int, int?, object)[Kept];
    private long _count;

    /// <summary>Heartbeats would drive everything else out.</summary>
    public void Add(int node, int? other, object what)
    {
        if (what is Heartbeat or "peer-tick")
        {
            return;
        }

        _events[_count++ % Kept] = (simulator.NowUs, node, other, what);
        if (TellsAll)
        {
            Seeds.Tell(simulator.NowUs, $"{node}{From(other)}: {what}");
        }
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        for (var index = Math.Max(0, _count - Kept); index < _count; index++)
        {
            var (atUs, node, other, what) = _events[index % Kept];
            text.AppendLine(FormattableString.Invariant($"{atUs / 1e3,10:0.000} ms  {node}{From(other)}: {what}"));
        }

        return text.ToString();
    }

    private static string From(int? other) => other is null ? "" : FormattableString.Invariant($" (of {other})");
}
