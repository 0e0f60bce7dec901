using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Echo;

/// <summary>Raw ports: what arrives goes back, and who closed in order stands in the log.</summary>
public sealed class EchoServerTests(EchoLab lab) : IClassFixture<EchoLab>
{
    private const int RequestBytes = 64;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Engines => [.. EchoLab.Engines];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Bytes_come_back_whatever_their_pieces(string engine)
    {
        using var connection = await OpenAsync(EchoTopology.Server(engine));
        foreach (var pieceBytes in new[] { 1, 3, 64, 65, 1000, 4096, 70_000 })
        {
            var piece = new byte[pieceBytes];
            Random.Shared.NextBytes(piece);
            await connection.SendAsync(piece.AsMemory(0, pieceBytes / 2));
            await connection.SendAsync(piece.AsMemory(pieceBytes / 2));
            Assert.Equal(piece, await connection.ReceiveAsync(pieceBytes));
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_mebibyte_at_once_comes_back(string engine)
    {
        using var connection = await OpenAsync(EchoTopology.Server(engine));
        var bytes = new byte[1024 * 1024];
        Random.Shared.NextBytes(bytes);
        var sending = connection.SendAsync(bytes);
        Assert.Equal(bytes, await connection.ReceiveAsync(bytes.Length));
        await sending;
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Every_connection_that_was_closed_leaves_its_line(string engine)
    {
        const int Connections = 40;
        var expected = new List<(string Peer, long Bytes, long Requests)>();
        for (var requests = 0; requests < Connections; requests++)
        {
            using var connection = await OpenAsync(EchoTopology.Server(engine));
            await RequestAsync(connection, requests);
            expected.Add((connection.Address, requests * RequestBytes, requests));
            connection.CloseSending();
            await connection.ReceiveEndAsync();
        }

        var lines = await LinesOfAsync(EchoTopology.Server(engine), [.. expected.Select(connection => connection.Peer)]);
        Assert.Equal(expected, lines.Select(line => (line.Peer, line.Bytes, line.Requests)));
        Assert.All(lines, line => Assert.InRange(line.Descriptor, 3, int.MaxValue));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_connection_that_was_reset_leaves_none(string engine)
    {
        const int Connections = 10;
        var (reset, closed) = (new List<string>(), new List<string>());
        for (var number = 0; number < Connections; number++)
        {
            using var connection = await OpenAsync(EchoTopology.Server(engine));
            await RequestAsync(connection, 1);
            reset.Add(connection.Address);
            connection.Reset();
            using var other = await OpenAsync(EchoTopology.Server(engine));
            await RequestAsync(other, 1);
            closed.Add(other.Address);
        }

        await LinesOfAsync(EchoTopology.Server(engine), closed);
        var lines = await lab.LinesAsync(EchoTopology.Server(engine), _ => true, Token);
        Assert.DoesNotContain(lines, line => reset.Contains(line.Peer, StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_log_can_be_read_from_anywhere()
    {
        var server = EchoTopology.Server("kestrel");
        string peer;
        using (var connection = await OpenAsync(server))
        {
            await RequestAsync(connection, 2);
            peer = connection.Address;
        }

        await LinesOfAsync(server, [peer]);
        var (whole, length) = await ReadAsync(server, "");
        Assert.Equal(whole.Length, length);
        Assert.EndsWith(" bytes=128 requests=2\n", whole, StringComparison.Ordinal);
        Assert.Equal((whole, length), await ReadAsync(server, "?from=0"));
        Assert.Equal((whole[5..], length), await ReadAsync(server, "?from=5"));
        Assert.Equal(("", length), await ReadAsync(server, $"?from={length}"));
        Assert.Equal(("", length), await ReadAsync(server, "?from=-1"));
    }

    [Theory]
    [InlineData("?from=-2", "not '-2'")]
    [InlineData("?from=", "not ''")]
    [InlineData("?from=half", "not 'half'")]
    [InlineData("?from=1e3", "not '1e3'")]
    [InlineData("?from=99999999999999999999", "not '99999999999999999999'")]
    [InlineData("?from=999999999999", "is beyond the end")]
    public async Task A_wrong_offset_is_refused_with_words(string query, string words)
    {
        using var reply = await lab.GetAdminAsync(EchoTopology.Server("kestrel"), "/admin/connections" + query, Token);
        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Contains(words, Regex.Unescape(await reply.Content.ReadAsStringAsync(Token)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_wants_the_token()
    {
        using var http = new HttpClient();
        using var reply = await http.GetAsync(new Uri(lab.Lab.Endpoints.Services[EchoTopology.Server("kestrel")].Admin, "/admin/connections"), Token);
        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
    }

    [Fact]
    public async Task Two_processes_share_a_port_and_both_serve()
    {
        const int Connections = 64;
        var peers = new List<string>();
        for (var number = 0; number < Connections; number++)
        {
            using var connection = await OpenAsync(EchoLab.SharedPortServers[0]);
            await RequestAsync(connection, 1);
            peers.Add(connection.Address);
        }

        // Which of them served which connection is known only when all lines have come.
        IReadOnlyList<ClosedLine> first = [];
        var second = await lab.LinesAsync(EchoLab.SharedPortServers[1], lines => lines.Count > 0, Token);
        for (var attempt = 0; attempt < 1000 && first.Count + second.Count < Connections; attempt++)
        {
            first = await lab.LinesAsync(EchoLab.SharedPortServers[0], lines => lines.Count > 0, Token);
            second = await lab.LinesAsync(EchoLab.SharedPortServers[1], lines => lines.Count >= second.Count, Token);
        }

        Assert.Equal(peers.Order(StringComparer.Ordinal), first.Concat(second).Select(line => line.Peer).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_engine_that_does_not_exist_stops_the_start()
    {
        using var server = LabProgram.Start(
            "EchoServer", new Dictionary<string, string>(StringComparer.Ordinal) { ["Echo__Listen__forks"] = "127.0.0.1:0" });
        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("there is no engine 'forks'", server.Output, StringComparison.Ordinal);
    }

    private Task<RawConnection> OpenAsync(string server) => RawConnection.OpenAsync(lab.Server(server));

    private static async Task RequestAsync(RawConnection connection, int requests)
    {
        for (var request = 0; request < requests; request++)
        {
            await connection.SendAsync(new byte[RequestBytes]);
            await connection.ReceiveAsync(RequestBytes);
        }
    }

    /// <summary>The lines of these peers, in their order, when all are there.</summary>
    private async Task<List<ClosedLine>> LinesOfAsync(string server, List<string> peers)
    {
        var all = await lab.LinesAsync(server, lines => peers.TrueForAll(peer => lines.Any(line => line.Peer == peer)), Token);
        return [.. all.Where(line => peers.Contains(line.Peer, StringComparer.Ordinal)).OrderBy(line => peers.IndexOf(line.Peer))];
    }

    private async Task<(string Text, long Length)> ReadAsync(string server, string query)
    {
        using var reply = await lab.GetAdminAsync(server, "/admin/connections" + query, Token);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal("text/plain", reply.Content.Headers.ContentType?.MediaType);
        return (await reply.Content.ReadAsStringAsync(Token), long.Parse(reply.Headers.GetValues("Log-Length").Single(), CultureInfo.InvariantCulture));
    }
}
