using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Lab.MedalTally.Api;
using Lab.MedalTally.Protocol;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;
using Lab.Transport.Frames;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>Front-ends without data, the dispatcher that runs them, and the database server that they ask.</summary>
[Collection(MedalTallyTests.Name)]
public sealed class TierTests(MedalTallyLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_written_at_one_front_end_is_read_at_another()
    {
        await lab.SetFrontEndsAsync(2);
        for (var number = 0; number < 20; number++)
        {
            using var written = await lab.AnnounceAsync(HttpMethod.Post, lab.FrontEnd(1 + (number % 2)), "/incrementMedalTally/Gaul/bronze");
            var tally = await written.Content.ReadFromJsonAsync<TeamMedals>(Token);
            Assert.Equal(tally, await lab.Http.GetFromJsonAsync<TeamMedals>(new Uri(lab.FrontEnd(2 - (number % 2)), "/getMedalTally/Gaul"), Token));
        }
    }

    [Fact]
    public async Task Clients_are_spread_evenly_and_those_of_a_front_end_that_dies_go_to_the_others()
    {
        await lab.SetFrontEndsAsync(3);
        await lab.FrontEndsAsync(states => states.All(state => state.Connections == 0));
        var clients = Enumerable.Range(0, 12).Select(_ => lab.NewClient(isTwoTier: true)).ToList();
        foreach (var client in clients)
        {
            await client.ReadyAsync(Token);
            await client.GetBoardAsync(Token);
        }

        Assert.Equal([4, 4, 4], clients.GroupBy(client => client.FrontEnd).Select(same => same.Count()));
        await lab.FrontEndsAsync(states => states.All(state => state.Connections == 4));

        var before = (await lab.FrontEndsAsync())[1];
        using (var reply = await lab.Http.SendAsync(Admin(HttpMethod.Post, "/admin/front-ends/2/kill"), Token))
        {
            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        }

        foreach (var orphan in clients.Where(client => client.FrontEnd == 2).ToList())
        {
            await Assert.ThrowsAsync<IOException>(() => orphan.GetBoardAsync(Token));
            await orphan.GetBoardAsync(Token);
            Assert.NotEqual(2, orphan.FrontEnd);
        }

        Assert.Equal([6, 6], clients.GroupBy(client => client.FrontEnd).Select(same => same.Count()));
        var again = (await lab.FrontEndsAsync(states => states[1].Pid > 0 && states[1].Pid != before.Pid))[1];
        Assert.Equal(before.Starts + 1, again.Starts);
        using var next = lab.NewClient(isTwoTier: true);
        await next.GetBoardAsync(Token);
        Assert.Equal(2, next.FrontEnd);
        clients.ForEach(client => client.Dispose());
        await lab.SetFrontEndsAsync(2);
    }

    [Fact]
    public async Task A_front_end_that_cannot_start_is_tried_again_until_it_can()
    {
        await lab.SetFrontEndsAsync(2);
        var address = IPEndPoint.Parse(lab.Lab.Endpoints.Services[MedalTallyTopology.Dispatcher].Endpoints[MedalTallyTopology.FrontEnd(2)]);
        var before = (await lab.FrontEndsAsync())[1];
        using (var reply = await lab.Http.SendAsync(Admin(HttpMethod.Post, "/admin/front-ends/2/kill"), Token))
        {
            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        }

        using (var inTheWay = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            inTheWay.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            for (var attempt = 0; !inTheWay.IsBound; attempt++)
            {
                try
                {
                    inTheWay.Bind(address);
                }
                catch (SocketException) when (attempt < 1000)
                {
                    await Task.Delay(1, Token);
                }
            }

            inTheWay.Listen();
            await lab.FrontEndsAsync(states => states[1].Starts > before.Starts + 1);
        }

        await lab.FrontEndsAsync(states => states[1].Pid > 0);
        Assert.Equal("Rome", (await lab.Http.GetFromJsonAsync<TeamMedals>(new Uri(lab.FrontEnd(2), "/getMedalTally/Rome"), Token))!.Team);
    }

    [Fact]
    public async Task Whoever_asks_the_dispatcher_itself_is_sent_on()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var reply = await http.GetAsync(new Uri(lab.Dispatcher, "/getMedalTally/Rome?a=b"), Token);
        Assert.Equal(HttpStatusCode.TemporaryRedirect, reply.StatusCode);
        Assert.Matches(@"^http://127\.0\.0\.1:\d+/getMedalTally/Rome\?a=b$", reply.Headers.Location!.ToString());
        Assert.Equal("Rome", (await lab.Http.GetFromJsonAsync<TeamMedals>(new Uri(lab.Dispatcher, "/getMedalTally/Rome"), Token))!.Team);
        using var wrong = await http.GetAsync(new Uri(lab.Dispatcher, "/front-end?lost=none"), Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Without_its_database_server_a_front_end_says_so_and_what_became_of_the_request()
    {
        await lab.Lab.SuspendAsync(MedalTallyTopology.DatabaseServer, Token);
        var hanging = lab.AnnounceAsync(HttpMethod.Post, lab.FrontEnd(1), "/incrementMedalTally/Gaul/gold");
        await Task.Delay(200, Token);
        await lab.Lab.KillAsync(MedalTallyTopology.DatabaseServer, Token);
        using (var unknown = await hanging)
        {
            Assert.Equal((HttpStatusCode.GatewayTimeout, "unknown"), (unknown.StatusCode, await OutcomeAsync(unknown)));
        }

        var refused = 0;
        for (var attempt = 0; ; attempt++)
        {
            using var reply = await lab.AnnounceAsync(HttpMethod.Post, lab.FrontEnd(1), "/incrementMedalTally/Gaul/gold");
            if (reply.IsSuccessStatusCode)
            {
                break;
            }

            refused++;
            Assert.Equal(reply.StatusCode == HttpStatusCode.ServiceUnavailable ? "not done" : "unknown", await OutcomeAsync(reply));
            Assert.True(attempt < 2000, "the database server did not come back");
            await Task.Delay(20, Token);
        }

        Assert.True(refused > 0, "nobody missed it");

        static async Task<string?> OutcomeAsync(HttpResponseMessage reply)
        {
            using var problem = JsonDocument.Parse(await reply.Content.ReadAsStringAsync(Token));
            return problem.RootElement.GetProperty("outcome").GetString();
        }
    }

    [Fact]
    public async Task A_stranger_at_the_port_of_the_database_server_is_refused_and_harms_nobody()
    {
        var before = await lab.BoardAsync(lab.FrontEnd(1));
        var write = Payload(DatabaseFrames.Write(7, [Lab.MedalTally.Tables.TallyWrite.Increment(0, default)]));
        foreach (var first in new[] { null, Payload(DatabaseFrames.Hello(1, "")), Payload(DatabaseFrames.Hello(1, lab.Secrets.Announcer)), Payload(DatabaseFrames.Hello(1, lab.Lab.Endpoints.AdminToken)), new byte[] { 1, 2, 3 } })
        {
            using var stranger = await OpenAsync();
            if (first is not null)
            {
                await stranger.SendFrameAsync(first);
                Assert.True(await IsRefusalAsync(stranger), "the secret was taken");
            }

            await stranger.SendFrameAsync(write);
            Assert.True(await IsRefusalAsync(stranger), "the write was taken");
        }

        // Too long, never finished, and nothing at all.
        using var endless = await OpenAsync();
        await endless.SendAsync(new byte[] { 0x7f, 0xff, 0xff, 0xff, 1, 2, 3 });
        using var unfinished = await OpenAsync();
        await unfinished.SendAsync(new byte[] { 0, 0, 0, 50, 1, 2, 3 });
        using var silent = await OpenAsync();
        Assert.True(await IsRefusalAsync(endless), "a frame of 2 GB was begun");

        Assert.Equal(before.Teams, (await lab.BoardAsync(lab.FrontEnd(1))).Teams);

        Task<RawConnection> OpenAsync() => RawConnection.OpenAsync(lab.Address(MedalTallyTopology.DatabaseServer, MedalTallyTopology.TablesEndpoint));

        static async Task<bool> IsRefusalAsync(RawConnection connection)
        {
            var length = BitConverter.ToInt32([.. (await connection.ReceiveAsync(FrameFormat.HeaderBytes)).Reverse()]);
            var payload = await connection.ReceiveAsync(length);
            return payload[8] == 1 && DatabaseFrames.Reason(payload).Length > 0;
        }
    }

    private HttpRequestMessage Admin(HttpMethod method, string path) => new(method, new Uri(lab.Admin(MedalTallyTopology.Dispatcher), path))
    {
        Headers = { Authorization = new System.Net.Http.Headers.AuthenticationHeaderValue("Bearer", lab.Lab.Endpoints.AdminToken) },
    };

    private static byte[] Payload(OutgoingFrame frame)
    {
        using (frame)
        {
            return frame.Wire[FrameFormat.HeaderBytes..].ToArray();
        }
    }
}
