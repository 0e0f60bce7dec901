using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Lab.Coordination.Clocks;
using Lab.Harness.Archive;
using Lab.Harness.Running;
using Lab.Harness.Systems.MedalTally;
using Lab.MedalTally.Group;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.MedalTally;

/// <summary>Two front-ends and the database server elect a leader, agree about the time and order requests, whoever dies.</summary>
[Collection(MedalTallyTests.Name)]
public sealed class GroupTests : IAsyncLifetime
{
    private readonly MedalTallyLab _lab;
    private readonly LabControl _control;
    private readonly GroupControl _group;

    public GroupTests(MedalTallyLab lab)
    {
        _lab = lab;
        _control = lab.NewControl();
        _group = new GroupControl(_control);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _lab.SetFrontEndsAsync(2);
        await _lab.FrontEndsAsync(states => states.All(state => state.Pid > 0));
    }

    public async ValueTask DisposeAsync()
    {
        await _group.CloseAsync(CancellationToken.None);
        _group.Dispose();
        _control.Dispose();
    }

    [Theory]
    [InlineData(RequestOrder.Symmetric)]
    [InlineData(RequestOrder.Sequencer)]
    public async Task Requests_of_both_front_ends_get_places_that_follow_each_other_and_all_members_the_same_raffle(RequestOrder order)
    {
        const int Requests = 60;
        var settings = Settings(order);
        await _group.OpenAsync(settings, Token);
        var places = (await Task.WhenAll(Enumerable.Range(0, 8).Select(client => AskAsync(client, Requests)))).SelectMany(place => place).ToList();
        Assert.Equal(Enumerable.Range((int)places.Min(), 8 * Requests), places.Order().Select(place => (int)place));

        // However its name is written.
        using (var small = await _lab.AnnounceAsync(HttpMethod.Get, _lab.FrontEnd(1), "/GETMEDALTALLY/Rome"))
        {
            Assert.True(small.Headers.Contains("Place"));
        }

        using (var anybody = await _lab.Http.PostAsync(new Uri(_lab.FrontEnd(1), "/raffle/draw"), content: null, Token))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, anybody.StatusCode);
        }

        using (var draw = await _lab.AnnounceAsync(HttpMethod.Post, _lab.FrontEnd(2), "/raffle/draw"))
        {
            Assert.Equal(HttpStatusCode.OK, draw.StatusCode);
        }

        var states = await _group.SettledAsync(settings, Token);
        Assert.Equal(Verdict.True, GroupInvariants.OfOrder(states).Verdict);
        Assert.All(states, state => Assert.Equal((8 * Requests) + 1, state.Requests));
        Assert.StartsWith("client-", states[0].Winner!.Client, StringComparison.Ordinal);
        Assert.Empty(states[0].Entries);
        Assert.Equal(states[0].Winner, (await _lab.Http.GetFromJsonAsync<RaffleView>(new Uri(_lab.FrontEnd(1), "/raffle"), Token))!.Winner);
    }

    [Theory]
    [InlineData(RequestOrder.Symmetric, true)]
    [InlineData(RequestOrder.Sequencer, false)]
    public async Task When_a_front_end_is_killed_or_stopped_the_others_go_on_and_it_comes_back_with_the_same_order(RequestOrder order, bool isKilled)
    {
        var settings = Settings(order);
        await _group.OpenAsync(settings, Token);
        var ending = new CancellationTokenSource();
        var served = 0;
        var asking = Enumerable.Range(0, 4).Select(client => AskUntilAsync(client, () => Interlocked.Increment(ref served), ending.Token)).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref served) > 50, "nothing is served");

        var pid = (await _lab.FrontEndsAsync())[1].Pid;
        if (isKilled)
        {
            await _control.CallAsync<object>(MedalTallyTopology.Dispatcher, HttpMethod.Post, "/admin/front-ends/2/kill", content: null, Token);
        }
        else
        {
            Signal("STOP", pid);
        }

        var before = Volatile.Read(ref served);
        await Eventually.TrueAsync(() => Volatile.Read(ref served) > before + 50, "nothing is served any more");
        if (!isKilled)
        {
            await UntilAsync(1, state => state.Members.SequenceEqual([0, 1]));
            Signal("CONT", pid);
        }

        await _group.UntilAsync(settings, states => states.All(state => state.Members.Count == 3), "be all in one view again", Token);
        before = Volatile.Read(ref served);
        await Eventually.TrueAsync(() => Volatile.Read(ref served) > before + 50, "nothing is served in the last view");
        await ending.CancelAsync();
        await Task.WhenAll(asking);
        using (var draw = await _lab.AnnounceAsync(HttpMethod.Post, _lab.FrontEnd(2), "/raffle/draw"))
        {
            Assert.Equal(HttpStatusCode.OK, draw.StatusCode);
        }

        var states = await _group.SettledAsync(settings, Token);
        Assert.Equal(Verdict.True, GroupInvariants.OfOrder(states).Verdict);
        Assert.True(states[0].Requests >= Volatile.Read(ref served), "requests were served that have no place");
        Assert.NotNull(states[0].Winner);
    }

    [Fact]
    public async Task When_the_leader_stops_another_one_keeps_the_clocks_together()
    {
        var settings = Settings(RequestOrder.None) with { OffsetsUs = [2_000_000, -3_000_000, 0], DriftsPpm = [100, -100, 0], ClockPeriodMs = 200 };
        await _group.OpenAsync(settings, Token);
        var states = await _group.UntilAsync(settings, states => ClockSample.Of(states) is not null, "correct all clocks", Token);
        Assert.Equal(Verdict.True, GroupInvariants.OfClocks([ClockSample.Of(states)!.Value]).Verdict);

        var leader = states[0].Leader!.Value;
        Assert.Equal(2, leader);
        var pid = (await _lab.FrontEndsAsync())[leader - 1].Pid;
        Signal("STOP", pid);
        try
        {
            var next = await UntilAsync(1, state => state.Leader == 1 && state.Rounds.Count > 0 && Corrects(state.Rounds[^1], 0, 1));
            Assert.True(next.Term > states[0].Term);
        }
        finally
        {
            Signal("CONT", pid);
        }

        // It is the highest that lives: it leads once more, in a later term.
        var again = await _group.UntilAsync(settings, after => after.All(state => state.Leader == leader && state.Term > states[0].Term) && ClockSample.Of(after) is not null, "follow the highest again", Token);
        Assert.Equal(Verdict.True, GroupInvariants.OfClocks([ClockSample.Of(again)!.Value]).Verdict);

        static bool Corrects(ClockRound round, params int[] members) =>
            members.All(id => round.Members.Any(member => member.Id == id && member.State == ClockMemberState.Corrected));
    }

    [Fact]
    public async Task A_database_server_that_was_killed_gives_no_term_and_no_view_twice()
    {
        var settings = Settings(RequestOrder.Symmetric);
        var opened = await _group.OpenAsync(settings, Token);
        await AskAsync(0, 150);
        var before = await _group.SettledAsync(settings, Token);
        await _lab.Lab.KillAsync(MedalTallyTopology.DatabaseServer, Token);

        // It knows of no group any more until it is told of it; but its register has what it gave.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await _control.CallAsync<GroupSettings>(MedalTallyTopology.DatabaseServer, HttpMethod.Put, "/admin/group", JsonContent.Create(settings), Token);
                break;
            }
            catch (LabControlException) when (attempt < 600)
            {
                await Task.Delay(50, Token);
            }
        }

        await AskAsync(1, 20);
        var after = await _group.SettledAsync(settings, Token);
        Assert.Equal(Verdict.True, GroupInvariants.OfOrder(after).Verdict);
        Assert.True(after[0].Requests >= before[0].Requests + 20, "the order has begun anew");
        Assert.True(after[0].Term >= opened[0].Term && after[0].Place > before[0].Place);
    }

    [Theory]
    [InlineData("""{"run":1,"members":99}""", "members is 2 to 17")]
    [InlineData("""{"run":1,"members":3,"offsetsUs":[-9223372036854775808]}""", "offsetsUs")]
    [InlineData("""{"run":1,"members":3,"driftsPpm":null}""", "driftsPpm")]
    public async Task Settings_that_cannot_be_are_refused_with_words(string json, string words)
    {
        foreach (var service in new[] { MedalTallyTopology.DatabaseServer, MedalTallyTopology.Dispatcher })
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(_lab.Admin(service), "/admin/group")) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new("Bearer", _lab.Lab.Endpoints.AdminToken);
            using var reply = await _lab.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
            Assert.Contains(words.Replace("17", service == MedalTallyTopology.Dispatcher ? "3" : "17", StringComparison.Ordinal), await reply.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stranger_at_the_port_of_a_member_is_not_heard_and_harms_nobody()
    {
        var settings = Settings(RequestOrder.Symmetric);
        await _group.OpenAsync(settings, Token);
        var strangers = new List<RawConnection>();
        foreach (var member in new[] { _lab.Address(MedalTallyTopology.DatabaseServer, MedalTallyTopology.Member(0)), _lab.Address(MedalTallyTopology.Dispatcher, MedalTallyTopology.Member(2)) })
        {
            foreach (var hello in new[] { null, Bytes(GroupFrames.Hello(1, settings.Run, "")), Bytes(GroupFrames.Hello(1, settings.Run + 1, _lab.Secrets.Tiers)), [0x7f, 0xff, 0xff, 0xff, 0], [0, 0, 0, 9, 1], new byte[5000] })
            {
                strangers.Add(await RawConnection.OpenAsync(member));
                if (hello is not null)
                {
                    await strangers[^1].SendAsync(hello);
                }

                if (hello is null or { Length: > 8 and < 200 })
                {
                    // Whoever believed this would elect somebody else.
                    await strangers[^1].SendAsync(Bytes(GroupFrames.Of(1, new Lab.Coordination.Elections.ElectionMessage(Lab.Coordination.Elections.ElectionMessageKind.Coordinator, 1_000_000))));
                }
            }
        }

        await AskAsync(0, 50);
        await AskAsync(1, 50);
        var states = await _group.SettledAsync(settings, Token);
        Assert.All(states, state => Assert.True(state.Leader == 2 && state.Term < 1_000_000));
        Assert.Equal(Verdict.True, GroupInvariants.OfOrder(states).Verdict);
        strangers.ForEach(stranger => stranger.Dispose());

        static byte[] Bytes(Lab.Transport.Frames.OutgoingFrame frame)
        {
            using (frame)
            {
                return frame.Wire.ToArray();
            }
        }
    }

    private static GroupSettings Settings(RequestOrder order) => new() { Run = Random.Shared.NextInt64(1, long.MaxValue), Members = 3, Order = order };

    /// <returns>The places that the requests got, at one of the two front-ends.</returns>
    private async Task<List<long>> AskAsync(int client, int requests)
    {
        var places = new List<long>();
        for (var number = 0; number < requests; number++)
        {
            using var reply = await _lab.AnnounceAsync(
                number % 2 == 0 ? HttpMethod.Post : HttpMethod.Get,
                _lab.FrontEnd(1 + (client % 2)),
                number % 2 == 0 ? "/incrementMedalTally/Gaul/gold" : "/getScore/Stone%20Curling",
                $"client-{client}");
            if (reply.StatusCode == HttpStatusCode.ServiceUnavailable && client == 1)
            {
                // While views change after a crash.
                number--;
                await Task.Delay(20, Token);
                continue;
            }

            Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
            places.Add(long.Parse(Assert.Single(reply.Headers.GetValues("Place")), CultureInfo.InvariantCulture));
        }

        return places;
    }

    /// <summary>Asks the first front-end, which lives on, for as long as it shall.</summary>
    private async Task AskUntilAsync(int client, Action served, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            using var reply = await _lab.AnnounceAsync(HttpMethod.Get, _lab.FrontEnd(1), "/getMedalTally/Gaul", $"client-{client}");
            if (reply.IsSuccessStatusCode)
            {
                served();
            }
            else
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.StatusCode);
                await Task.Delay(20, Token);
            }
        }
    }

    private async Task<GroupState> UntilAsync(int frontEnd, Func<GroupState, bool> isSo)
    {
        for (var attempt = 0; ; attempt++)
        {
            var state = (await _lab.Http.GetFromJsonAsync<GroupState>(new Uri(_lab.FrontEnd(frontEnd), "/group"), Token))!;
            if (isSo(state))
            {
                return state;
            }

            Assert.True(attempt < 600, $"it does not come to that: {state}");
            await Task.Delay(50, Token);
        }
    }

    private static void Signal(string signal, int pid)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
