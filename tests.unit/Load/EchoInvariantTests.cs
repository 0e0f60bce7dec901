using Lab.Harness.Archive;
using Lab.Harness.Systems.Echo;
using Lab.Harness.Verdicts;

namespace Lab.Tests.Unit.Load;

public class EchoInvariantTests
{
    private static readonly LoggedConnection[] Counted =
    [
        new("127.0.0.1:40001", 6400, 100),
        new("127.0.0.1:40002", 6400, 100),
        new("127.0.0.1:40003", 640, 10),
    ];

    [Fact]
    public void Every_connection_in_the_log_is_what_is_asked_for()
    {
        var verdict = Judge(Counted.Reverse().Select(Line));
        Assert.Equal((Verdict.True, "3 of 3 connections logged as closed, every reply equal to its request"), (verdict.Verdict, verdict.Reason));
    }

    [Fact]
    public void A_missing_line_is_noticed() => AssertBroken(Counted.Skip(1).Select(Line), missing: 1, unexpected: 0);

    [Fact]
    public void A_line_too_many_is_noticed() => AssertBroken(Counted.Append(new("127.0.0.1:40004", 64, 1)).Select(Line), missing: 0, unexpected: 1);

    [Fact]
    public void A_line_that_stands_there_twice_is_noticed() => AssertBroken(Counted.Append(Counted[0]).Select(Line), missing: 0, unexpected: 1);

    [Fact]
    public void Another_number_of_bytes_is_noticed() =>
        AssertBroken(Counted[1..].Append(Counted[0] with { Bytes = 6336 }).Select(Line), missing: 1, unexpected: 1);

    [Fact]
    public void Another_number_of_requests_is_noticed() =>
        AssertBroken(Counted[1..].Append(Counted[0] with { Requests = 99 }).Select(Line), missing: 1, unexpected: 1);

    [Fact]
    public void A_line_that_says_something_else_is_noticed() => AssertBroken(Counted.Select(Line).Append("disk full"), missing: 0, unexpected: 1);

    [Theory]
    [InlineData("wrong_answer", "2 replies differ from their requests")]
    [InlineData("connection_lost", "of 3 connections not all were served to their end: connection_lost 2")]
    [InlineData("timeout", "of 3 connections not all were served to their end: timeout 2")]
    [InlineData("connect_failed", "of 3 connections not all were served to their end: connect_failed 2")]
    public void Errors_break_the_verdict(string kind, string reason)
    {
        var verdict = Judge(Counted.Select(Line), new Dictionary<string, long> { [kind] = 2 });
        Assert.Equal((Verdict.False, reason), (verdict.Verdict, verdict.Reason));
    }

    [Theory]
    [InlineData("127.0.0.1:55713 fd=89 bytes=6400 requests=100", true)]
    [InlineData("127.0.0.1:55713 fd=89 bytes=6400 requests=100\r", true)]
    [InlineData("127.0.0.1:55713 fd=89 bytes=6400", false)]
    [InlineData("127.0.0.1 fd=89 bytes=6400 requests=100", false)]
    [InlineData("127.0.0.1:55713 fd=89 bytes=99999999999999999999 requests=100", false)]
    [InlineData("", false)]
    public void A_log_line_is_read_as_a_whole_or_not_at_all(string line, bool isOne) =>
        Assert.Equal(isOne ? new LoggedConnection("127.0.0.1:55713", 6400, 100) : null, EchoInvariants.Parse(line));

    private static string Line(LoggedConnection connection) =>
        $"{connection.Address} fd=9 bytes={connection.Bytes} requests={connection.Requests}";

    private static VerdictResult Judge(IEnumerable<string> lines, IReadOnlyDictionary<string, long>? errors = null)
    {
        var ledger = new EchoLedger();
        ledger.AddConnections(Counted.Length, EchoInvariants.Compare(Counted, lines.Select(EchoInvariants.Parse)));
        ledger.AddErrors(errors ?? new Dictionary<string, long>());
        return EchoInvariants.Judge(ledger);
    }

    private static void AssertBroken(IEnumerable<string> lines, long missing, long unexpected)
    {
        var logged = lines.Select(EchoInvariants.Parse).ToList();
        Assert.Equal((missing, unexpected), (EchoInvariants.Compare(Counted, logged).Missing, EchoInvariants.Compare(Counted, logged).Unexpected));
        var ledger = new EchoLedger();
        ledger.AddConnections(Counted.Length, EchoInvariants.Compare(Counted, logged));
        Assert.Equal(Verdict.False, EchoInvariants.Judge(ledger).Verdict);
    }
}
