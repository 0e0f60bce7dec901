using System.Globalization;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Harness.Verdicts;
using Lab.MedalTally;
using Lab.MedalTally.Api;
using Lab.MedalTally.Client;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Group;
using Lab.MedalTally.Tables;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.MedalTally;

/// <summary>The clients of one board, and what the board must have in the end.</summary>
internal sealed class TallyPopulation(LabControl lab, bool isTwoTier, string store, RequestOrder order, long seed) : IPopulation
{
    private readonly GroupControl? _group = isTwoTier && order != RequestOrder.None ? new GroupControl(lab) : null;
    private GroupSettings? _open;

    private readonly Dictionary<Cell, IReadOnlyList<TallyLoadClient>> _clients = [];
    private readonly Dictionary<Cell, ILoad> _loads = [];
    private Board? _before;
    private bool _isHere;

    private string Service => isTwoTier ? MedalTallyTopology.DatabaseServer : MedalTallyTopology.Single;

    /// <summary>Sets the scores that clients will ask for, and looks how the board is.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await ApplyAsync(CommonFactors.Local, frontEnds: 1, cancellationToken);
        _isHere = isTwoTier && await lab.IsHereAsync(MedalTallyTopology.Dispatcher, cancellationToken);
        using var client = NewClient(CommonFactors.Local, keepsConnection: true);
        for (var @event = 0; @event < Catalog.Events.Count; @event++)
        {
            var (rome, gaul) = TallyLoadClient.ScoreOf(@event);
            await client.SetScoreAsync(Catalog.Events[@event], rome, gaul, cancellationToken);
        }

        _before = await client.GetBoardAsync(cancellationToken);
    }

    public async Task ApplyAsync(Cell cell, CancellationToken cancellationToken)
    {
        var frontEnds = cell.Number(MedalTallyModule.FrontEnds, 1);
        var isOther = await ApplyAsync(cell.Deployment, frontEnds, cancellationToken);
        if (_group is not null && (isOther || _open?.Members != frontEnds + 1))
        {
            _open = new GroupSettings { Run = Random.Shared.NextInt64(1, long.MaxValue), Members = frontEnds + 1, Order = order };
            await _group.OpenAsync(_open, cancellationToken);
        }

        if (isOther)
        {
            // There are others now, or the same ones by another way.
            foreach (var client in Clients(cell))
            {
                client.Client.Forget();
            }
        }
    }

    public ILoad Load(Cell cell)
    {
        if (!_loads.TryGetValue(cell, out var load))
        {
            var clients = Clients(cell);
            _loads[cell] = load = cell.Operation == MedalTallyModule.FailOver ? new FailOverLoad(this, clients) : new TallyLoad(this, clients);
        }

        return load;
    }

    /// <summary>The front-ends' processes, by the name under which reports list them; none where their ids mean nothing here.</summary>
    public async Task<IReadOnlyDictionary<string, int>> ProcessIdsAsync(CancellationToken cancellationToken) => _isHere
        ? (await FrontEndsAsync(cancellationToken)).Where(frontEnd => frontEnd.Pid > 0)
            .ToDictionary(frontEnd => MedalTallyTopology.FrontEnd(frontEnd.Number), frontEnd => frontEnd.Pid, StringComparer.Ordinal)
        : new Dictionary<string, int>(StringComparer.Ordinal);

    public Task<List<FrontEndState>> FrontEndsAsync(CancellationToken cancellationToken) => lab.CallAsync<List<FrontEndState>>(
        MedalTallyTopology.Dispatcher, HttpMethod.Get, "/admin/front-ends", content: null, cancellationToken);

    /// <summary>kill -9.</summary>
    public Task<List<FrontEndState>> KillAsync(int frontEnd, CancellationToken cancellationToken) => lab.CallAsync<List<FrontEndState>>(
        MedalTallyTopology.Dispatcher,
        HttpMethod.Post,
        FormattableString.Invariant($"/admin/front-ends/{frontEnd}/kill"),
        content: null,
        cancellationToken);

    public string RoleOf(Cell cell, string process) => process switch
    {
        ProcessRoles.Harness => ProcessRoles.Load,
        MedalTallyTopology.Single when !isTwoTier => ProcessRoles.Server,
        MedalTallyTopology.DatabaseServer when isTwoTier => MedalTallyClaims.DatabaseRole,
        MedalTallyTopology.MySql when store == "mysql" => "mysql",
        _ when isTwoTier && process.StartsWith("front-end-", StringComparison.Ordinal) => MedalTallyClaims.FrontEndRole,
        _ => ProcessRoles.Rest,
    };

    /// <summary>Every medal on the board was added by somebody, and every acknowledged one is there.</summary>
    public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
    {
        await ApplyAsync(CommonFactors.Local, frontEnds: Math.Max(1, (_open?.Members ?? 0) - 1), cancellationToken);
        using var client = NewClient(CommonFactors.Local, keepsConnection: true);
        var verdict = TallyInvariants.Judge(_before!, await client.GetBoardAsync(cancellationToken), [.. _clients.Values.SelectMany(clients => clients)]);
        if (_group is not null && _open is not null)
        {
            await client.DrawAsync(cancellationToken);
            verdict = VerdictResult.All([verdict, GroupInvariants.OfOrder(await _group.SettledAsync(_open, cancellationToken))]);
        }

        return cells.ToDictionary(cell => cell, _ => verdict);
    }

    public async ValueTask DisposeAsync()
    {
        if (_group is not null)
        {
            await _group.CloseAsync(CancellationToken.None);
            _group.Dispose();
        }

        foreach (var client in _clients.Values.SelectMany(clients => clients))
        {
            client.Dispose();
        }
    }

    /// <returns>True when something has changed.</returns>
    private async Task<bool> ApplyAsync(string deployment, int frontEnds, CancellationToken cancellationToken)
    {
        await lab.DeployAsync(deployment, cancellationToken);
        var isOther = await lab.SetFactorsAsync(
            Service, new Dictionary<string, string>(StringComparer.Ordinal) { [MedalTallyModule.Store] = store }, cancellationToken);
        if (isTwoTier)
        {
            isOther |= await lab.SetFactorsAsync(
                MedalTallyTopology.Dispatcher,
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    [MedalTallyModule.FrontEnds] = frontEnds.ToString(CultureInfo.InvariantCulture),
                    ["route"] = lab.UsesLinks(deployment, LinkSpec.ServerDatabase) ? "link" : "direct",
                },
                cancellationToken);
        }

        return isOther;
    }

    private IReadOnlyList<TallyLoadClient> Clients(Cell cell)
    {
        if (!_clients.TryGetValue(cell, out var clients))
        {
            var share = cell.Operation switch { MedalTallyModule.Increment => 1, MedalTallyModule.GetScore => 0, _ => 0.5 };
            var keeps = cell.Word(MedalTallyModule.Connections, MedalTallyModule.Kept) == MedalTallyModule.Kept;
            clients = _clients[cell] =
            [
                .. Enumerable.Range(0, cell.Number(MedalTallyModule.Clients))
                    .Select(index => new TallyLoadClient(NewClient(cell.Deployment, keeps, FormattableString.Invariant($"client-{index}")), index, share, WorkloadSeed.For(seed, cell.Operation, index))),
            ];
        }

        return clients;
    }

    private MedalTallyClient NewClient(string deployment, bool keepsConnection, string name = "") => new(new MedalTallyClientOptions
    {
        Server = new Uri($"http://{(!isTwoTier && lab.UsesLinks(deployment, LinkSpec.ClientServer)
            ? lab.Endpoints.Links[MedalTallyTopology.SingleLink]
            : lab.Endpoints.Services[isTwoTier ? MedalTallyTopology.Dispatcher : MedalTallyTopology.Single].Endpoints[MedalTallyTopology.ClientEndpoint])}"),
        IsDispatcher = isTwoTier,
        AnnouncerSecret = TallySecrets.OfAnnouncer(lab.Endpoints.AdminToken),
        KeepsConnection = keepsConnection,
        Name = order == RequestOrder.None ? "" : name,
    });
}

/// <summary>Holds what clients were told against what the board has.</summary>
internal static class TallyInvariants
{
    public static VerdictResult Judge(Board before, Board after, IReadOnlyList<TallyLoadClient> clients)
    {
        var (acknowledged, unanswered) = (0L, 0L);
        for (var team = 0; team < Catalog.Teams.Count; team++)
        {
            for (var medal = 0; medal < Catalog.Medals.Count; medal++)
            {
                var told = clients.Where(client => client.Team == team).Sum(client => client.Acknowledged[medal]);
                var inDoubt = clients.Where(client => client.Team == team).Sum(client => client.InDoubt[medal]);
                var grown = Count(after, team, medal) - Count(before, team, medal);
                if (grown < told || grown > told + inDoubt)
                {
                    return VerdictResult.Broken(
                        $"{told} {Catalog.Medals[medal]} medals of {Catalog.Teams[team]} were acknowledged and {inDoubt} more attempted, but the board has {grown} more than before");
                }

                (acknowledged, unanswered) = (acknowledged + told, unanswered + inDoubt);
            }
        }

        return VerdictResult.Kept(unanswered == 0
            ? $"the board has exactly the {acknowledged} medals that were acknowledged"
            : $"the board has the {acknowledged} medals that were acknowledged, and of {unanswered} without an answer no more than were attempted");
    }

    private static long Count(Board board, int team, int medal) => medal switch
    {
        0 => board.Teams[team].Gold,
        1 => board.Teams[team].Silver,
        _ => board.Teams[team].Bronze,
    };
}
