using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lab.Harness.Archive;
using Lab.Harness.Running;
using Lab.MedalTally;
using Lab.MedalTally.Group;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>Opens groups of front-ends and the database server, and asks their members. Every call throws <see cref="LabControlException"/> when it fails.</summary>
internal sealed class GroupControl(LabControl lab) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Of messages that are ordered, more could not be read.</summary>
    private const double TracedUs = 1_200;

    /// <summary>The first of them left about so long before it was delivered.</summary>
    private const double BeforeDeliveryUs = 300;

    private readonly HttpClient _http = new()
    {
        Timeout = TimeSpan.FromMinutes(2),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", TallySecrets.OfAnnouncer(lab.Endpoints.AdminToken)) },
    };

    /// <summary>Closes the group before and opens another one, whose front-ends run; returns when all members follow one leader, and are in one view where there is an order.</summary>
    public async Task<IReadOnlyList<GroupState>> OpenAsync(GroupSettings settings, CancellationToken cancellationToken)
    {
        await CloseAsync(cancellationToken);
        foreach (var service in new[] { MedalTallyTopology.DatabaseServer, MedalTallyTopology.Dispatcher })
        {
            await lab.CallAsync<GroupSettings>(service, HttpMethod.Put, "/admin/group", JsonContent.Create(settings), cancellationToken);
        }

        return await UntilAsync(settings, states => IsWhole(settings, states), "agree on a leader and a view", cancellationToken);
    }

    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        foreach (var service in new[] { MedalTallyTopology.Dispatcher, MedalTallyTopology.DatabaseServer })
        {
            await lab.CallAsync(service, HttpMethod.Delete, "/admin/group", content: null, static (_, _) => Task.FromResult(true), cancellationToken);
        }
    }

    /// <summary>All members at the same place of the order, as soon as they are.</summary>
    public Task<IReadOnlyList<GroupState>> SettledAsync(GroupSettings settings, CancellationToken cancellationToken) => UntilAsync(
        settings, states => IsWhole(settings, states) && states.DistinctBy(state => state.Place).Count() == 1, "come to the same place of the order", cancellationToken);

    /// <summary>All members, as soon as they are as somebody wants them.</summary>
    public async Task<IReadOnlyList<GroupState>> UntilAsync(
        GroupSettings settings, Func<IReadOnlyList<GroupState>, bool> isSo, string what, CancellationToken cancellationToken)
    {
        IReadOnlyList<GroupState?> states = [];
        for (var deadline = DateTime.UtcNow + Patience; DateTime.UtcNow < deadline; await Task.Delay(Pause, cancellationToken))
        {
            states = await Task.WhenAll(Enumerable.Range(0, settings.Members).Select(id => FindAsync(settings, id, cancellationToken)));
            if (states.OfType<GroupState>().ToList() is var all && all.Count == settings.Members && isSo(all))
            {
                return all;
            }
        }

        throw new LabControlException(FormattableString.Invariant(
            $"the members of the group did not {what} within {Patience.TotalSeconds:0} s: {string.Join("; ", states.Select(state => state is null ? "no answer" : $"member {state.Id} follows {state.Leader} in term {state.Term}, view {string.Join(' ', state.Members)}, place {state.Place}"))}"));
    }

    /// <summary>Lets all members order messages of their own, at once.</summary>
    public async Task<IReadOnlyList<OrderingResult>> OrderAsync(GroupSettings settings, OrderingOrder order, CancellationToken cancellationToken) =>
        await Task.WhenAll(Enumerable.Range(0, settings.Members).Select(id => OrderAsync(id, order, cancellationToken)));

    /// <summary>All members forget what they have noted, and note what happens from now on.</summary>
    public Task BeginTraceAsync(GroupSettings settings, CancellationToken cancellationToken) => Task.WhenAll(
        Enumerable.Range(0, settings.Members).Select(id => CallAsync<bool>(id, HttpMethod.Post, "/group/trace", content: null, cancellationToken)));

    /// <summary>What members have noted, put together; of messages that were ordered, a stretch that can be read.</summary>
    public async Task<MessageTrace> TraceAsync(GroupSettings settings, CancellationToken cancellationToken) => GroupTraces.Join(
        await Task.WhenAll(Enumerable.Range(0, settings.Members)
            .Select(id => CallAsync<List<GroupEvent>>(id, HttpMethod.Get, "/group/trace", content: null, cancellationToken))),
        BeforeDeliveryUs,
        settings.Order == RequestOrder.None ? double.PositiveInfinity : TracedUs);

    public void Dispose() => _http.Dispose();

    private static bool IsWhole(GroupSettings settings, IReadOnlyList<GroupState> states) =>
        states[0].Leader is { } leader && states.All(state => state.Leader == leader && state.Term == states[0].Term)
        && (settings.Order == RequestOrder.None || states.All(state => state.Members.Count == settings.Members));

    private Task<OrderingResult> OrderAsync(int id, OrderingOrder order, CancellationToken cancellationToken) =>
        CallAsync<OrderingResult>(id, HttpMethod.Post, "/group/order", JsonContent.Create(order), cancellationToken);

    private async Task<T> CallAsync<T>(int id, HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        if (id == 0)
        {
            return await lab.CallAsync<T>(MedalTallyTopology.DatabaseServer, method, "/admin" + path, content, cancellationToken);
        }

        try
        {
            using var request = new HttpRequestMessage(method, new Uri(FrontEnd(id), path)) { Content = content };
            using var reply = await _http.SendAsync(request, cancellationToken);
            return reply.IsSuccessStatusCode
                ? (await reply.Content.ReadFromJsonAsync<T>(cancellationToken))!
                : throw new LabControlException($"member {id} refuses {method} {path}: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync(cancellationToken)}");
        }
        catch (HttpRequestException exception)
        {
            throw new LabControlException($"member {id} does not answer: {exception.Message}", exception);
        }
    }

    /// <returns>Null: it is not there yet, or of another group.</returns>
    private async Task<GroupState?> FindAsync(GroupSettings settings, int id, CancellationToken cancellationToken)
    {
        try
        {
            var state = await CallAsync<GroupState>(id, HttpMethod.Get, "/group", content: null, cancellationToken);
            return state.Run == settings.Run ? state : null;
        }
        catch (LabControlException)
        {
            return null;
        }
    }

    private Uri FrontEnd(int number) => new($"http://{lab.Endpoints.Services[MedalTallyTopology.Dispatcher].Endpoints[MedalTallyTopology.FrontEnd(number)]}");
}
