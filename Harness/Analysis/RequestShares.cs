using Lab.Harness.Archive;
using Lab.Telemetry.Requests;

namespace Lab.Harness.Analysis;

/// <summary>
/// Where the time of a slow request went, in parts that add up to its latency. Where stages overlap, the time counts for the
/// one that the request could not do without: the database before the session that is checked meanwhile.
/// </summary>
public static class RequestShares
{
    /// <summary>Time before the frame arrived and after the reply left: the network, and both sides waiting for a processor.</summary>
    public const string Outside = "outside the server";

    /// <summary>In the server, but in none of its stages: mostly waiting for a processor.</summary>
    public const string Elsewhere = "elsewhere in the server";

    private static readonly (RequestStage Stage, string Name)[] Stages =
    [
        (RequestStage.Commit, "commit"),
        (RequestStage.Database, "database"),
        (RequestStage.Queue, "queue"),
        (RequestStage.Cache, "cache"),
        (RequestStage.Session, "session"),
        (RequestStage.Parse, "parse"),
        (RequestStage.Write, "write"),
    ];

    /// <summary>All parts, in the order in which a request goes through them.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Stages.OrderBy(stage => stage.Stage).Select(stage => stage.Name), Elsewhere, Outside];

    /// <summary>Microseconds of each part, in the order of <see cref="Names"/>; all of them outside for a request that the server had forgotten.</summary>
    public static IReadOnlyList<double> Of(SlowRequest request)
    {
        var parts = Names.ToDictionary(name => name, _ => 0.0, StringComparer.Ordinal);
        // A server may look at its clock only after the client has its answer.
        var serverUs = Math.Min(request.ServerUs ?? 0, request.LatencyUs);
        var covered = new List<(double From, double To)>();
        foreach (var (stage, name) in Stages)
        {
            foreach (var time in request.Stages.Where(time => time.Stage == stage))
            {
                var (from, to) = (time.StartUs, Math.Min(time.StartUs + time.DurationUs, serverUs));
                parts[name] += Math.Max(0, to - from - Overlap(covered, from, to));
                Cover(covered, from, to);
            }
        }

        var known = covered.Sum(part => part.To - part.From);
        parts[Elsewhere] = Math.Max(0, serverUs - known);
        parts[Outside] = request.LatencyUs - serverUs;
        return [.. Names.Select(name => parts[name])];
    }

    private static double Overlap(List<(double From, double To)> covered, double from, double to) =>
        covered.Sum(part => Math.Max(0, Math.Min(to, part.To) - Math.Max(from, part.From)));

    /// <summary>Keeps the covered time as parts that do not overlap.</summary>
    private static void Cover(List<(double From, double To)> covered, double from, double to)
    {
        foreach (var part in covered.Where(part => part.From <= to && part.To >= from).ToList())
        {
            covered.Remove(part);
            (from, to) = (Math.Min(from, part.From), Math.Max(to, part.To));
        }

        if (to > from)
        {
            covered.Add((from, to));
        }
    }
}
