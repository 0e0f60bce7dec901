using Lab.Coordination.Simulation;
using Lab.Tests.Unit.Coordination;
using Lab.TradingPost.Checking;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost.Simulation;

/// <summary>A whole market in a simulator: peers, a client, shared accounts, faults; all of it decided by the seed.</summary>
internal sealed class SimulatedMarket
{
    private const long Second = 1_000_000;

    private readonly Simulator<PeerMessage> _simulator;
    private readonly List<OwnLine> _lines = [];
    private readonly HashSet<SimulatedHost<PeerMessage>> _appending = [];
    private readonly int[] _events = new int[Enum.GetValues<PeerEventKind>().Length];
    private readonly long[] _lastUs = new long[Enum.GetValues<PeerEventKind>().Length];
    private readonly Dictionary<long, int> _traders = [];
    private readonly Dictionary<int, SimulatedPeer> _peers = [];
    private long _boughtSinceCalm;

    /// <summary>A market to which everything happens.</summary>
    public SimulatedMarket(int seed, Mutant mutant = Mutant.None)
    {
        var random = new Random(unchecked((seed * 7919) + 1));
        var peers = random.Next(3, 7);
        (Mutant, CalmAfterUs) = (mutant, random.NextInt64(Second, 2 * Second));
        Settings = new MarketSettings
        {
            Peers = peers,
            Sellers = random.Next(1, (peers / 2) + 1),
            BuyEveryMs = random.Next(1, 8),
            Stock = random.Next(3, 30),
            Election = random.Next(8) == 0 ? Design.AsPublished : Design.Improved,
            Writes = random.Next(4) == 0 ? Design.AsPublished : Design.Improved,
            Seed = seed,
        };
        _simulator = new Simulator<PeerMessage>(seed, new SimulationOptions
        {
            DropChance = random.Next(3) * 0.02,
            DuplicateChance = random.Next(3) * 0.03,
            SlowChance = random.Next(3) * 0.02,
            ReplayChance = random.Next(3) * 0.005,
            ForgeChance = random.Next(3) * 0.01,
            CalmAfterUs = CalmAfterUs,
            MaxClockDriftPpm = 10_000,
        })
        {
            Forge = Lie,
        };
        Accounts = new SimulatedAccounts(_simulator, mutant)
        {
            AsFiles = random.Next(2) == 0,
            FailChance = random.Next(3) * 0.01,
            MaxDelayUs = random.NextInt64(500, 8_000),
            CalmAfterUs = CalmAfterUs,
            Snapshots = seed % 8 == 0,
        };
        Trace = new RecentEvents(_simulator);
        AddNodes();
        var plan = FaultPlan.Random(seed, Peers, new FaultRates
        {
            CrashesPerSecond = 2,
            PausesPerSecond = 2,
            PartitionsPerSecond = 2,
            UntilUs = CalmAfterUs,
        });
        Seeds.Tell(0, $"{Settings}");
        foreach (var fault in plan)
        {
            Seeds.Tell(0, $"will come at {fault}");
        }

        _simulator.Apply(plan);
    }

    /// <summary>A market without faults, but for those that the test makes.</summary>
    public SimulatedMarket(int seed, MarketSettings settings)
    {
        Settings = settings;
        _simulator = new Simulator<PeerMessage>(seed);
        Accounts = new SimulatedAccounts(_simulator, Mutant.None) { AsFiles = true };
        Trace = new RecentEvents(_simulator);
        AddNodes();
    }

    public Mutant Mutant { get; }

    public MarketSettings Settings { get; }

    public SimulatedAccounts Accounts { get; }

    public RecentEvents Trace { get; }

    public long CalmAfterUs { get; }

    /// <summary>By peer: how often its trader has answered a request of its own.</summary>
    public int[] Answers { get; } = new int[MarketSettings.FirstClient];

    /// <summary>They do not fire: what still happens has not waited for them.</summary>
    public HashSet<string> IgnoredTimers { get; } = new(StringComparer.Ordinal);

    public Simulator<PeerMessage> Simulator => _simulator;

    public IReadOnlyList<int> Peers => [.. Enumerable.Range(0, Settings.Peers)];

    public SimulationCounts Counts => _simulator.Counts;

    /// <summary>Two runs with the same one went the same way.</summary>
    public ulong TraceHash => _simulator.TraceHash;

    public int CountOf(PeerEventKind kind) => _events[(int)kind];

    /// <summary>When it last happened, to anybody.</summary>
    public long LastUs(PeerEventKind kind) => _lastUs[(int)kind];

    /// <summary>Lets everything go wrong, then calms down, and waits until peers buy again.</summary>
    public void Run()
    {
        _simulator.Run(CalmAfterUs);
        var deadline = CalmAfterUs + (20 * Second);
        while (_boughtSinceCalm < 5 || Counts.Events < MarketSimulationTests.MinEvents)
        {
            if (_simulator.NowUs >= deadline)
            {
                throw Violation($"nothing goes on after the faults: {_boughtSinceCalm} buys");
            }

            _simulator.Run(_simulator.NowUs + 100_000);
        }
    }

    /// <summary>What the checker says; the ledger, asked as well, must come to the same accounts.</summary>
    public MarketVerdict Verdict()
    {
        var history = Accounts.History();
        var checker = new MarketChecker();
        history.ForEach(checker.Add);
        _lines.ForEach(checker.Add);
        if (Mutant == Mutant.None)
        {
            checker.Add(Accounts.Replay(history).Summarise());
        }

        return checker.Finish();
    }

    public MarketVerdict MustBeCorrect()
    {
        var verdict = Verdict();
        if (!verdict.Holds)
        {
            throw Violation($"{verdict.Violations} violations:\n{string.Join('\n', verdict.Findings.Take(10))}");
        }

        return verdict;
    }

    public void Happened(int peer, PeerEvent happened)
    {
        _events[(int)happened.Kind]++;
        _lastUs[(int)happened.Kind] = _simulator.NowUs;
        if (happened is { Kind: PeerEventKind.Follows, Other: { } followed } && Mutant is Mutant.None or Mutant.BelieveTerms
            && !Accounts.WasGiven(happened.Term, followed))
        {
            throw Violation($"{peer} follows {followed} in term {happened.Term}, which it was never given");
        }

        if (happened.Kind == PeerEventKind.Trades && !_traders.TryAdd(happened.Term, peer) && Mutant == Mutant.None)
        {
            throw Violation($"{_traders[happened.Term]} and {peer} trade in term {happened.Term}");
        }
    }

    /// <summary>Somebody outside of the market says something to a peer.</summary>
    public void Tell(int peer, PeerMessage message) =>
        _simulator.Host(peer)!.Complete(0, () => _peers[peer].Receive(-1, message));

    public void Note(int participant, LedgerLine line)
    {
        Trace.Add(participant, null, line);
        _lines.Add(new(participant, line));
        _boughtSinceCalm += line is Bought && _simulator.NowUs > CalmAfterUs + Second ? 1 : 0;
    }

    /// <summary>The accounts are promised one append at a time of each process.</summary>
    public void BeginAppend(SimulatedHost<PeerMessage> host)
    {
        if (!_appending.Add(host))
        {
            throw Violation($"peer {host.Id} appends while it appends");
        }
    }

    public void EndAppend(SimulatedHost<PeerMessage> host) => _appending.Remove(host);

    private void AddNodes()
    {
        foreach (var id in Peers)
        {
            _simulator.Add(id, host => _peers[id] = new SimulatedPeer(host, this));
        }

        _simulator.Add(MarketSettings.FirstClient, host => new SimulatedClient(host, this));
    }

    /// <summary>A mad peer, or who sends in its name: elections and heartbeats of terms that may be anything. In trade peers believe their trader.</summary>
    private static PeerMessage Lie(PeerMessage said, Random random)
    {
        var lie = ElectionCluster.Lie(random);
        return random.Next(4) == 0 ? new Heartbeat(lie.Term, random.Next(8)) : new Electing(lie.Kind, lie.Term) { Clock = said.Clock };
    }

    private SimulationException Violation(string what) => _simulator.Violation($"{what}\n{Settings}\nlast events:\n{Trace}");
}
