using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Lab.MedalTally.Tables;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>The API as a client of any kind sees it.</summary>
[Collection(MedalTallyTests.Name)]
public sealed class ApiTests(MedalTallyLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_announced_can_be_asked_for(bool isTwoTier)
    {
        using var client = lab.NewClient(isTwoTier);
        var before = await client.GetBoardAsync(Token);
        var rome = await client.GetMedalTallyAsync("Rome", Token);
        Assert.Equal(rome with { Gold = rome.Gold + 1 }, await client.IncrementAsync("Rome", "gold", Token));
        Assert.Equal(rome with { Gold = rome.Gold + 1, Silver = rome.Silver + 1 }, await client.IncrementAsync("Rome", "silver", Token));
        await client.IncrementAsync("Rome", "bronze", Token);
        Assert.Equal(new("Rome", rome.Gold + 1, rome.Silver + 1, rome.Bronze + 1), await client.GetMedalTallyAsync("Rome", Token));

        Assert.Equal(new("Stone Curling", 3, 1_000_000_000), await client.SetScoreAsync("Stone Curling", 3, 1_000_000_000, Token));
        Assert.Equal(new("Stone Curling", 3, 1_000_000_000), await client.GetScoreAsync("Stone Curling", Token));

        var board = await client.GetBoardAsync(Token);
        Assert.Equal(before.Version + 4, board.Version);
        Assert.Equal(Catalog.Teams, board.Teams.Select(team => team.Team));
        Assert.Equal(Catalog.Events, board.Events.Select(score => score.Event));
        Assert.Equal(before.Teams.Where(team => team.Team != "Rome"), board.Teams.Where(team => team.Team != "Rome"));
    }

    [Theory]
    [InlineData("GET", "/getMedalTally/Atlantis", 404, "there is no team 'Atlantis'; there are: Gaul, Rome")]
    [InlineData("GET", "/getMedalTally/rome", 404, "there is no team 'rome'")]
    [InlineData("GET", "/getScore/Chess", 404, "there is no event 'Chess'")]
    [InlineData("GET", "/updates/Chess", 404, "there is no event 'Chess'")]
    [InlineData("POST", "/incrementMedalTally/Atlantis/gold", 404, "there is no team 'Atlantis'")]
    [InlineData("POST", "/incrementMedalTally/Rome/tin", 404, "there is no medal 'tin'; there are: gold, silver, bronze")]
    [InlineData("PUT", "/setScore/Chess/1/2", 404, "there is no event 'Chess'")]
    [InlineData("PUT", "/setScore/Stone%20Curling/-1/2", 400, "points are whole numbers")]
    [InlineData("PUT", "/setScore/Stone%20Curling/1/1000000001", 400, "points are whole numbers")]
    [InlineData("PUT", "/setScore/Stone%20Curling/1/99999999999999999999", 400, "points are whole numbers")]
    [InlineData("PUT", "/setScore/Stone%20Curling/x/2", 400, "points are whole numbers")]
    [InlineData("GET", "/nothing", 404, null)]
    [InlineData("DELETE", "/board", 405, null)]
    [InlineData("GET", "/incrementMedalTally/Rome/gold", 405, null)]
    public async Task What_there_is_not_is_refused_and_the_problem_says_what_there_is(string method, string path, int status, string? detail)
    {
        var version = (await lab.BoardAsync(lab.Single)).Version;
        using var reply = await lab.AnnounceAsync(new HttpMethod(method), lab.Single, path);
        Assert.Equal(status, (int)reply.StatusCode);
        if (detail is not null)
        {
            Assert.Equal("application/problem+json", reply.Content.Headers.ContentType?.MediaType);
            using var problem = JsonDocument.Parse(await reply.Content.ReadAsStringAsync(Token));
            Assert.StartsWith(detail, problem.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(version, (await lab.BoardAsync(lab.Single)).Version);
    }

    [Theory]
    [InlineData("POST", "/incrementMedalTally/Rome/gold")]
    [InlineData("POST", "/incrementMedalTally/Atlantis/gold")]
    [InlineData("PUT", "/setScore/Stone%20Curling/1/2")]
    public async Task Nobody_but_the_announcer_writes(string method, string path)
    {
        var version = (await lab.BoardAsync(lab.Single)).Version;
        foreach (var given in new[] { null, "", "Bearer", "Bearer x", $"Basic {lab.Secrets.Announcer}", $"bearer{lab.Secrets.Announcer}", $"Bearer {lab.Lab.Endpoints.AdminToken}", $"Bearer {lab.Secrets.Tiers}" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(lab.Single, path));
            if (given is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", given);
            }

            using var reply = await lab.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
            Assert.Equal("Bearer realm=\"announcer\"", reply.Headers.WwwAuthenticate.ToString());
        }

        Assert.Equal(version, (await lab.BoardAsync(lab.Single)).Version);
    }

    [Fact]
    public async Task The_description_lists_every_path()
    {
        foreach (var server in new[] { lab.Single, lab.FrontEnd(1) })
        {
            using var document = JsonDocument.Parse(await lab.Http.GetStringAsync(new Uri(server, "/openapi/v1.json"), Token));
            Assert.Equal("Medal tally", document.RootElement.GetProperty("info").GetProperty("title").GetString());
            var paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
            Assert.Superset(
                new HashSet<string>(["/getMedalTally/{team}", "/getScore/{event}", "/board", "/incrementMedalTally/{team}/{medal}", "/setScore/{event}/{rome}/{gaul}", "/updates", "/updates/{event}"], StringComparer.Ordinal),
                new HashSet<string>(paths, StringComparer.Ordinal));
            Assert.DoesNotContain(paths, path => path.Contains("admin", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>Also by whoever has the token, and however it is written.</summary>
    [Theory]
    [InlineData("/admin/factors")]
    [InlineData("/Admin/factors")]
    [InlineData("/ADMIN/process")]
    [InlineData("/%61dmin/factors")]
    [InlineData("/admin/front-ends")]
    [InlineData("/health/live")]
    [InlineData("/Health/live")]
    public async Task The_admin_endpoint_is_not_at_the_port_of_the_API(string path)
    {
        foreach (var server in new[] { lab.Single, lab.FrontEnd(1), lab.Dispatcher })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, path));
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", lab.Lab.Endpoints.AdminToken);
            using var reply = await lab.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        }
    }

    [Theory]
    [InlineData("/board")]
    [InlineData("/getMedalTally/Rome")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/front-end")]
    public async Task The_API_is_not_at_the_port_of_the_admin_endpoint(string path)
    {
        foreach (var service in new[] { MedalTallyTopology.Single, MedalTallyTopology.Dispatcher })
        {
            using var reply = await lab.Http.GetAsync(new Uri(lab.Admin(service), path), Token);
            Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        }
    }

    [Theory]
    [InlineData(414, 4000, 0, 0)]
    [InlineData(431, 0, 20_000, 1)]
    [InlineData(431, 0, 10, 100)]
    public async Task Who_says_too_much_is_refused(int status, int pathBytes, int headerBytes, int headers)
    {
        var text = new StringBuilder($"GET /getMedalTally/{new string('x', pathBytes)} HTTP/1.1\r\nHost: tally\r\n");
        for (var header = 0; header < headers; header++)
        {
            text.Append("X-").Append(header).Append(": ").Append('x', headerBytes).Append("\r\n");
        }

        using var connection = await OpenAsync();
        await connection.SendAsync(Encoding.ASCII.GetBytes(text.Append("\r\n").ToString()));
        Assert.Equal($"HTTP/1.1 {status}", Encoding.ASCII.GetString(await connection.ReceiveAsync(12)));
        await AssertServesAsync();
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("GET /board HTTP/9.9\r\nHost: tally\r\n\r\n")]
    [InlineData("GET /board HTTP/1.1\r\n\r\n")]
    [InlineData("POST /incrementMedalTally/Rome/gold HTTP/1.1\r\nHost: tally\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /incrementMedalTally/Rome/gold HTTP/1.1\r\nHost: tally\r\nTransfer-Encoding: wrong\r\n\r\n")]
    public async Task Whatever_is_no_request_is_refused(string text)
    {
        using var connection = await OpenAsync();
        await connection.SendAsync(Encoding.ASCII.GetBytes(text));
        var status = Encoding.ASCII.GetString(await connection.ReceiveAsync(12));
        Assert.True(status is "HTTP/1.1 400" or "HTTP/1.1 505", status);
        await AssertServesAsync();
    }

    /// <summary>No request has a body; who sends one without end is answered, and then cut off.</summary>
    [Fact]
    public async Task A_body_without_end_is_not_read_without_end()
    {
        using var connection = await OpenAsync();
        await connection.SendAsync("POST /incrementMedalTally/Rome/gold HTTP/1.1\r\nHost: tally\r\nContent-Length: 100000000000\r\n\r\n"u8.ToArray());
        Assert.Equal("HTTP/1.1 4", Encoding.ASCII.GetString(await connection.ReceiveAsync(10)));
        var isCut = false;
        for (var chunk = 0; chunk < 1000 && !isCut; chunk++)
        {
            try
            {
                await connection.SendAsync(new byte[64 * 1024]);
            }
            catch (System.Net.Sockets.SocketException)
            {
                isCut = true;
            }
        }

        Assert.True(isCut, "64 MB were taken");
    }

    [Fact]
    public async Task Clients_that_are_slow_half_closed_or_silent_cost_the_others_nothing()
    {
        var strange = new List<RawConnection>();
        for (var number = 0; number < 50; number++)
        {
            strange.Add(await OpenAsync());
            await strange[^1].SendAsync("GET /board HTTP/1.1\r\nHo"u8.ToArray());
            strange.Add(await OpenAsync());
            strange.Add(await OpenAsync());
            await strange[^1].SendAsync("GET /board HTTP/1.1\r\nHost: tally\r\n\r\n"u8.ToArray());
            strange[^1].CloseSending();
        }

        await AssertServesAsync();
        strange.ForEach(connection => connection.Reset());
        await AssertServesAsync();
    }

    private Task<RawConnection> OpenAsync() => RawConnection.OpenAsync(lab.Address(MedalTallyTopology.Single, MedalTallyTopology.ClientEndpoint));

    private async Task AssertServesAsync()
    {
        using var client = lab.NewClient();
        Assert.Equal("Rome", (await client.GetMedalTallyAsync("Rome", Token)).Team);
    }
}
