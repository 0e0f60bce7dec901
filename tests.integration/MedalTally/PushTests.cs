using System.Net.Sockets;
using Lab.MedalTally.Api;
using Lab.MedalTally.Tables;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>Changes reach whoever follows them, in their order and without a gap.</summary>
[Collection(MedalTallyTests.Name)]
public sealed class PushTests(MedalTallyLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_subscriber_begins_with_the_board_and_gets_every_change_in_order(bool isTwoTier)
    {
        var server = isTwoTier ? lab.FrontEnd(1) : lab.Single;
        var events = lab.SubscribeAsync(server).GetAsyncEnumerator(Token);
        Assert.True(await events.MoveNextAsync());
        var (board, version) = (events.Current.Data.Board!, long.Parse(events.Current.EventId!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(("board", board.Version), (events.Current.EventType, version));

        await WriteAsync(server, 30);
        var rows = board.Teams.ToDictionary(team => team.Team, StringComparer.Ordinal);
        for (var change = 1; change <= 30; change++)
        {
            Assert.True(await events.MoveNextAsync());
            Assert.Equal($"{version + change}", events.Current.EventId);
            if (events.Current.Data.Tally is { } tally)
            {
                var before = rows[tally.Team];
                Assert.Equal(before.Gold + before.Silver + before.Bronze + 1, tally.Gold + tally.Silver + tally.Bronze);
                rows[tally.Team] = tally;
            }
            else
            {
                Assert.Equal("score", events.Current.EventType);
            }
        }

        await events.DisposeAsync();
        Assert.Equal(rows.Values.Order(Comparer<TeamMedals>.Create((one, other) => string.CompareOrdinal(one.Team, other.Team))), (await lab.BoardAsync(server)).Teams.OrderBy(team => team.Team, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Who_follows_an_event_hears_of_it_alone()
    {
        var events = lab.SubscribeAsync(lab.Single, path: "/updates/Stone%20Jumping").GetAsyncEnumerator(Token);
        Assert.True(await events.MoveNextAsync());
        using var client = lab.NewClient();
        await client.IncrementAsync("Gaul", "gold", Token);
        await client.SetScoreAsync("Stone Curling", 1, 1, Token);
        await client.SetScoreAsync("Stone Jumping", 4, 5, Token);
        await client.SetScoreAsync("Stone Curling", 2, 2, Token);
        await client.SetScoreAsync("Stone Jumping", 6, 5, Token);
        foreach (var rome in new[] { 4, 6 })
        {
            Assert.True(await events.MoveNextAsync());
            Assert.Equal(("score", new EventScore("Stone Jumping", rome, 5)), (events.Current.EventType, events.Current.Data.Score));
        }

        await events.DisposeAsync();
    }

    /// <summary>The other one has followed nothing until then.</summary>
    [Fact]
    public async Task Who_comes_back_at_another_front_end_gets_what_it_has_missed_and_nothing_twice()
    {
        await lab.SetFrontEndsAsync(1);
        var from = (await lab.BoardAsync(lab.FrontEnd(1))).Version;
        await WriteAsync(lab.FrontEnd(1), 5);
        var first = await TakeAsync(lab.SubscribeAsync(lab.FrontEnd(1), from), 5);
        await WriteAsync(lab.FrontEnd(1), 7);

        await lab.SetFrontEndsAsync(2);
        await RestartAsync(2);
        var seen = await TakeAsync(lab.SubscribeAsync(lab.FrontEnd(2), from + 5), 7);
        Assert.Equal(Enumerable.Range(1, 12).Select(change => $"{from + change}"), first.Concat(seen).Select(update => update.Id));

        // What nobody knows any more, or not yet, is made up for by the board.
        foreach (var unknown in new[] { from + 1000, long.MaxValue })
        {
            var only = Assert.Single(await TakeAsync(lab.SubscribeAsync(lab.FrontEnd(2), unknown), 1));
            Assert.Equal((from + 12).ToString(System.Globalization.CultureInfo.InvariantCulture), only.Id);
            Assert.NotNull(only.Update.Board);
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    public async Task An_id_that_is_none_is_refused(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(lab.Single, "/updates"));
        request.Headers.Add("Last-Event-ID", id);
        using var reply = await lab.Http.SendAsync(request, Token);
        Assert.Equal(400, (int)reply.StatusCode);
    }

    [Fact]
    public async Task A_client_goes_on_at_another_front_end_when_its_own_dies()
    {
        await lab.SetFrontEndsAsync(2);
        var from = (await lab.BoardAsync(lab.FrontEnd(1))).Version;
        using var client = lab.NewClient(isTwoTier: true);
        await using var events = client.WatchAsync(@event: null, $"{from}", Token).GetAsyncEnumerator(Token);
        for (var change = 1; change <= 6; change++)
        {
            await WriteAsync(lab.FrontEnd(1), 1);
            do
            {
                Assert.True(await events.MoveNextAsync());
            }
            while (events.Current.EventType == "heartbeat");
            Assert.Equal($"{from + change}", events.Current.EventId);
            if (change == 3)
            {
                await KillAsync(client.FrontEnd!.Value);
                await lab.FrontEndsAsync(states => states.All(state => state.Pid > 0));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_follows_a_board_is_told_when_another_one_takes_its_place(bool isTwoTier)
    {
        var (service, server) = isTwoTier ? (MedalTallyTopology.DatabaseServer, lab.FrontEnd(1)) : (MedalTallyTopology.Single, lab.Single);
        await using (var events = lab.SubscribeAsync(server).GetAsyncEnumerator(Token))
        {
            Assert.True(await events.MoveNextAsync());
            await lab.SetFactorsAsync(service, ("store", "mysql"));
            Assert.True(await events.MoveNextAsync());
            Assert.Equal("dropped", events.Current.EventType);
            Assert.Contains("another board", events.Current.Data.Reason, StringComparison.Ordinal);
            Assert.False(await events.MoveNextAsync());
        }

        await using (var events = lab.SubscribeAsync(server).GetAsyncEnumerator(Token))
        {
            Assert.True(await events.MoveNextAsync());
            var version = events.Current.Data.Board!.Version;
            await WriteAsync(server, 10);
            for (var change = 1; change <= 10; change++)
            {
                Assert.True(await events.MoveNextAsync());
                Assert.Equal($"{version + change}", events.Current.EventId);
            }
        }

        await lab.SetFactorsAsync(service, ("store", "journal"));
    }

    /// <summary>More than the log holds, and than the kernel's buffers take.</summary>
    [Fact]
    public async Task A_subscriber_that_never_reads_costs_nobody_else_anything_and_is_told_that_it_was_too_slow()
    {
        const int Changes = 140_000;
        await lab.SetFrontEndsAsync(1);
        var pid = (await lab.FrontEndsAsync())[0].Pid;
        var from = (await lab.BoardAsync(lab.FrontEnd(1))).Version;
        using var deaf = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(lab.Address(MedalTallyTopology.Dispatcher, MedalTallyTopology.FrontEnd(1)), Token);
        await deaf.SendAsync("GET /updates HTTP/1.1\r\nHost: tally\r\n\r\n"u8.ToArray(), Token);
        var followed = from;
        var following = FollowAsync(from, Changes, version => Volatile.Write(ref followed, version));
        await WriteAsync(lab.FrontEnd(1), 1);
        var idleMiB = ResidentMemory.OfMiB(pid);

        await using (var store = lab.NewRemoteStore())
        {
            for (var written = 1; written < Changes; written += 10_000)
            {
                await Task.WhenAll(Enumerable.Range(0, Math.Min(10_000, Changes - written)).Select(_ => store.WriteAsync(TallyWrite.Increment(1, Medal.Gold)).AsTask()));

                // Who reads must not be too slow: here it is the test that takes the time.
                await Eventually.TrueAsync(() => following.IsCompleted || Volatile.Read(ref followed) > from + written - 20_000, "the one that reads hears nothing");
            }
        }

        await following;
        Assert.InRange(ResidentMemory.OfMiB(pid) - idleMiB, double.MinValue, 150);
        Assert.Contains("event: dropped\ndata: {\"reason\":\"too slow", await RestAsync(deaf), StringComparison.Ordinal);
    }

    private async Task FollowAsync(long from, int changes, Action<long> followed)
    {
        var next = from;
        await foreach (var item in lab.SubscribeAsync(lab.FrontEnd(1), from))
        {
            Assert.Equal($"{++next}", item.EventId);
            followed(next);
            if (next == from + changes)
            {
                return;
            }
        }

        Assert.Fail($"the stream ended after {next - from} changes");
    }

    /// <summary>The last of what there is for it, once it reads.</summary>
    private static async Task<string> RestAsync(Socket socket)
    {
        var (buffer, last) = (new byte[1024 * 1024], "");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(60));

        // It shall be quick from now on: through a window of a few kilobytes megabytes take minutes.
        socket.ReceiveBufferSize = buffer.Length;
        while (!last.Contains("dropped", StringComparison.Ordinal) && await socket.ReceiveAsync(buffer, patience.Token) is > 0 and var received)
        {
            last = string.Concat(last.AsSpan(Math.Max(0, last.Length - 1000)), System.Text.Encoding.UTF8.GetString(buffer, 0, received));
        }

        return last;
    }

    private static async Task<List<(string Id, Update Update)>> TakeAsync(IAsyncEnumerable<System.Net.ServerSentEvents.SseItem<Update>> events, int count)
    {
        var taken = new List<(string, Update)>();
        await foreach (var item in events)
        {
            taken.Add((item.EventId!, item.Data));
            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }

    private async Task WriteAsync(Uri server, int count)
    {
        for (var number = 0; number < count; number++)
        {
            using var reply = number % 5 == 4
                ? await lab.AnnounceAsync(HttpMethod.Put, server, $"/setScore/Stone%20Skating/{number}/1")
                : await lab.AnnounceAsync(HttpMethod.Post, server, $"/incrementMedalTally/{Catalog.Teams[number % 4]}/{Catalog.Medals[number % 3]}");
            Assert.True(reply.IsSuccessStatusCode, $"{reply.StatusCode}");
        }
    }

    private async Task KillAsync(int frontEnd)
    {
        using var control = lab.NewControl();
        await control.CallAsync<object>(MedalTallyTopology.Dispatcher, HttpMethod.Post, $"/admin/front-ends/{frontEnd}/kill", content: null, Token);
    }

    private async Task RestartAsync(int frontEnd)
    {
        var starts = (await lab.FrontEndsAsync())[frontEnd - 1].Starts;
        await KillAsync(frontEnd);
        await lab.FrontEndsAsync(states => states[frontEnd - 1] is { Pid: > 0 } state && state.Starts > starts);
    }
}
