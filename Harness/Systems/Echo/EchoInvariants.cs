using System.Globalization;
using System.Text.RegularExpressions;
using Lab.Harness.Load;
using Lab.Harness.Verdicts;

namespace Lab.Harness.Systems.Echo;

/// <summary>A connection as the server logs it when its client has closed it, or as the load counted it.</summary>
/// <param name="Address">ADDRESS:PORT of the client's end.</param>
/// <param name="Bytes">Of the requests.</param>
/// <param name="Requests">That were answered.</param>
internal readonly record struct LoggedConnection(string Address, long Bytes, long Requests);

/// <summary>The load's connections beside the server's log of them.</summary>
/// <param name="Matching">Logged with the figures that the load counted.</param>
/// <param name="Missing">Not logged, or with other figures.</param>
/// <param name="Unexpected">Lines that are none of the load's connections.</param>
internal sealed record LogComparison(long Matching, long Missing, long Unexpected);

/// <summary>What a cell's connections came to, warm-up included.</summary>
internal sealed class EchoLedger
{
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);

    /// <summary>Connections that were asked for.</summary>
    public long Wanted { get; private set; }

    public LogComparison Log { get; private set; } = new(0, 0, 0);

    /// <summary>By kind.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    public void AddErrors(IReadOnlyDictionary<string, long> errors) => ErrorKinds.Add(_errors, errors);

    public void AddConnections(long wanted, LogComparison log)
    {
        Wanted += wanted;
        Log = new LogComparison(Log.Matching + log.Matching, Log.Missing + log.Missing, Log.Unexpected + log.Unexpected);
    }
}

/// <summary>Every reply equals its request; every connection is logged as closed with its figures, and nothing else is.</summary>
internal static partial class EchoInvariants
{
    /// <summary>Each line stands for one connection, each connection for one line.</summary>
    /// <param name="counted">What the load counted.</param>
    /// <param name="logged">What the server logged; null for a line that says something else.</param>
    public static LogComparison Compare(IEnumerable<LoggedConnection> counted, IEnumerable<LoggedConnection?> logged)
    {
        var open = counted.GroupBy(connection => connection).ToDictionary(same => same.Key, same => same.LongCount());
        var (matching, unexpected) = (0L, 0L);
        foreach (var line in logged)
        {
            if (line is { } connection && open.GetValueOrDefault(connection) > 0)
            {
                open[connection]--;
                matching++;
            }
            else
            {
                unexpected++;
            }
        }

        return new LogComparison(matching, open.Values.Sum(), unexpected);
    }

    public static VerdictResult Judge(EchoLedger ledger)
    {
        List<string> broken = [];
        if (ledger.Errors.GetValueOrDefault(ErrorKinds.WrongAnswer) is > 0 and var wrong)
        {
            broken.Add($"{wrong} replies differ from their requests");
        }

        var lost = ledger.Errors.Where(error => error.Key != ErrorKinds.WrongAnswer && error.Value > 0).Select(error => $"{error.Key} {error.Value}").ToList();
        if (lost.Count > 0)
        {
            broken.Add($"of {ledger.Wanted} connections not all were served to their end: {string.Join(", ", lost)}");
        }

        if (ledger.Log is { Missing: > 0 } or { Unexpected: > 0 })
        {
            broken.Add(
                $"of {ledger.Wanted} connections {ledger.Log.Matching} are in the log with the bytes and requests that the load counted, {ledger.Log.Missing} are not, and {ledger.Log.Unexpected} lines are of no connection");
        }

        return broken.Count > 0
            ? VerdictResult.Broken(string.Join("; ", broken))
            : VerdictResult.Kept($"{ledger.Log.Matching} of {ledger.Wanted} connections logged as closed, every reply equal to its request");
    }

    /// <summary>Reads <c>127.0.0.1:55713 fd=89 bytes=6400 requests=100</c>.</summary>
    /// <returns>Null when the line says something else.</returns>
    public static LoggedConnection? Parse(string line)
    {
        var match = Line().Match(line);
        return match.Success
            && long.TryParse(match.Groups["bytes"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            && long.TryParse(match.Groups["requests"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var requests)
            ? new LoggedConnection(match.Groups["address"].Value, bytes, requests)
            : null;
    }

    [GeneratedRegex(@"^(?<address>\S+:\d+) fd=\d+ bytes=(?<bytes>\d+) requests=(?<requests>\d+)\r?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Line();
}
