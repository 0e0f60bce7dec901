using System.Text.Json;
using Lab.Processes;
using Lab.Threading;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Running;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Supervision;

/// <summary>A market with its peers' processes, events and accounts. Its peers are changed by one caller at a time.</summary>
internal sealed class OpenMarket
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    /// <summary>A new trader reads about so many records at most: some milliseconds of its election.</summary>
    private const int SnapshotEvery = 1000;

    /// <summary>Numbers of events go on rising when a market is opened again, though nobody remembers where they were.</summary>
    private const long EventsPerReopening = 1_000_000_000_000;

    private const string JournalName = "journal";
    private const string ProcessFiles = "peer-*.process";

    private readonly SupervisorOptions _options;
    private readonly ILogger _logger;
    private readonly string _folder;
    private readonly string _logs;
    private readonly string _secret = MarketSecret.New();
    private readonly ChildService?[] _peers;
    private readonly Lock _gate = new();
    private int? _trader;
    private long _term;
    private string? _problem;

    /// <param name="record">Which market; its settings are checked.</param>
    /// <param name="folder">Of this market alone.</param>
    /// <param name="logs">Path that the names of the peers' logs begin with.</param>
    /// <param name="options">Of the supervisor.</param>
    /// <param name="logger">For what peers run into.</param>
    public OpenMarket(MarketRecord record, string folder, string logs, SupervisorOptions options, ILogger logger)
    {
        (Number, Settings, _folder, _logs, _options, _logger) = (record.Number, record.Settings, folder, logs, options, logger);
        _peers = new ChildService?[Settings.Peers];
        Events = new EventRing(record.Reopened * EventsPerReopening);
        Accounts = new AccountsSettings
        {
            Kind = Settings.Accounts,
            Folder = Path.Combine(folder, JournalName),
            SnapshotEvery = SnapshotEvery,
            ConnectionString = Settings.Accounts == AccountsKind.MySql ? options.Database : null,
            Market = FormattableString.Invariant($"market-{record.Number}"),
        };
    }

    public int Number { get; }

    public MarketSettings Settings { get; }

    public AccountsSettings Accounts { get; }

    public EventRing Events { get; }

    /// <summary>Whether a market's accounts are files in its folder.</summary>
    public static bool HasJournal(string folder) => Directory.Exists(Path.Combine(folder, JournalName));

    /// <summary>Ends what a supervisor that was killed has left running of a market; they end by themselves, but perhaps not yet.</summary>
    /// <param name="folder">The market's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">One does not end.</exception>
    public static async Task EndPeersOfAsync(string folder, CancellationToken cancellationToken)
    {
        var peers = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, ProcessFiles).Select(ChildService.Recorded).OfType<ProcessIdentity>().ToList() : [];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(EndPatience);
        peers.ForEach(Signals.KillNow);
        try
        {
            await Task.WhenAll(peers.Select(peer => Signals.EndAsync(peer, TimeSpan.Zero, patience.Token)));
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var left = string.Join(", ", peers.Where(peer => peer.IsAlive).Select(peer => peer.Pid));
            throw new IOException($"processes of the market before do not end: {left}", exception);
        }
    }

    /// <summary>Makes the folder, and empties the accounts: for a new market.</summary>
    /// <exception cref="IOException">They cannot be reached.</exception>
    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        await AccountsFactory.ResetAsync(Accounts, cancellationToken);
    }

    /// <summary>Starts all peers at once, and lets them begin when all are ready.</summary>
    /// <exception cref="ChildStartException">One did not start; none is left.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Settings.Peers).Select(id => StartAsync(id, cancellationToken)));
            Array.ForEach(_peers, peer => peer!.Command(PeerProgram.BeginCommand));
        }
        catch
        {
            await CloseAsync();
            throw;
        }
    }

    /// <summary>Kills all peers. What they have written stays.</summary>
    public Task CloseAsync() => Task.WhenAll(_peers.Select(peer => peer?.EndAsync() ?? Task.CompletedTask));

    public MarketState State()
    {
        var peers = _peers.Select((peer, id) => new PeerState(id, AddressOf(id), StateOf(peer), peer is { IsAlive: true } ? peer.Pid : 0)).ToList();
        lock (_gate)
        {
            return new MarketState(Number, Settings, peers, _trader, _term, Events.Last, _problem);
        }
    }

    /// <summary>Null: nobody is known to trade.</summary>
    public int? Trader
    {
        get
        {
            lock (_gate)
            {
                return _trader;
            }
        }
    }

    /// <returns>Why it cannot be done, in words; null: it is done.</returns>
    public string? Kill(int id) => WithLiving(id, peer => Done(id, ProcessEvents.Killed, () =>
    {
        peer.Kill();
        Forget(id);
    }));

    /// <inheritdoc cref="Kill"/>
    public string? Pause(int id) => WithLiving(id, peer => Done(id, ProcessEvents.Paused, peer.Pause));

    /// <inheritdoc cref="Kill"/>
    public string? Resume(int id) => WithLiving(id, peer => Done(id, ProcessEvents.Resumed, peer.Resume));

    /// <inheritdoc cref="Kill"/>
    public string? Resign(int id) => WithLiving(id, peer => peer.Command(PeerProgram.ResignCommand));

    /// <summary>Kills it if it lives, and starts it again.</summary>
    /// <param name="id">Which peer.</param>
    /// <param name="keepsDisk">Its own ledger goes on; else it begins a new one, and the old one is only kept for the checker.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ChildStartException">It does not start.</exception>
    public async Task RestartAsync(int id, bool keepsDisk, CancellationToken cancellationToken)
    {
        if (_peers[id] is { } old)
        {
            await old.EndAsync();
            Forget(id);
        }

        if (!keepsDisk && File.Exists(LedgerOf(id)))
        {
            File.Move(LedgerOf(id), Path.Combine(_folder, FormattableString.Invariant($"{LedgerPrefix(id)}{Events.Last}{LedgerEnd}")));
        }

        await StartAsync(id, cancellationToken);
        Done(id, ProcessEvents.Restarted, () => _peers[id]!.Command(PeerProgram.BeginCommand));
    }

    /// <summary>Lines of all peers' own ledgers, as far as they are whole.</summary>
    public IEnumerable<OwnLine> Ledgers() => Enumerable.Range(0, Settings.Peers).SelectMany(id =>
        Directory.EnumerateFiles(_folder, LedgerPrefix(id) + "*" + LedgerEnd).Order(StringComparer.Ordinal)
            .SelectMany(ReadLedger).Select(line => new OwnLine(id, line)));

    /// <summary>A peer's own ledger, which may still be written. Lines that a crash has torn are left out.</summary>
    private static IEnumerable<LedgerLine> ReadLedger(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        while (reader.ReadLine() is { } text)
        {
            if (ParseLine(text) is { } line)
            {
                yield return line;
            }
        }
    }

    private static LedgerLine? ParseLine(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, TradingPostJson.Default.LedgerLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private const string LedgerEnd = ".ledger";

    private static string LedgerPrefix(int id) => FormattableString.Invariant($"peer-{id}-");

    private string LedgerOf(int id) => Path.Combine(_folder, LedgerPrefix(id) + "now" + LedgerEnd);

    private string AddressOf(int id) => (Settings.ThroughLinks ? _options.Links : _options.Peers)[id];

    private static PeerProcessState StateOf(ChildService? peer) => peer switch
    {
        { IsAlive: true, IsUnwanted: false, IsPaused: true } => PeerProcessState.Paused,
        { IsAlive: true, IsUnwanted: false } => PeerProcessState.Running,
        _ => PeerProcessState.Dead,
    };

    private async Task StartAsync(int id, CancellationToken cancellationToken)
    {
        var options = new PeerOptions
        {
            Id = id,
            Market = Settings,
            Secret = _secret,
            Listen = _options.Peers[id],
            Addresses = [.. Enumerable.Range(0, Settings.Peers).Select(AddressOf)],
            Accounts = Accounts,
            OwnLedger = LedgerOf(id),
        };
        var peer = _peers[id] = await ChildService.StartAsync(new ChildServiceStart
        {
            // The same program as this one.
            Name = FormattableString.Invariant($"peer {id}"),
            Assembly = typeof(OpenMarket).Assembly.Location,
            Arguments = ["peer"],
            Environment = options.ToEnvironment().ToDictionary(StringComparer.Ordinal),
            LogFile = FormattableString.Invariant($"{_logs}peer-{id}.log"),
            Told = text => Note(id, text),
            IsReady = text => ParsePeerLine(text) is { What: null },
        });
        peer.Record(Path.Combine(_folder, FormattableString.Invariant($"peer-{id}.process")));
        _ = NoteEndAsync(id, peer);
        await peer.UntilReadyAsync(StartPatience, cancellationToken);
    }

    private string? WithLiving(int id, Action<ChildService> act)
    {
        if (_peers[id] is not { IsAlive: true, IsUnwanted: false } peer)
        {
            return $"peer {id} is dead";
        }

        act(peer);
        return null;
    }

    private void Done(int id, string what, Action act)
    {
        // The time before it is done: what peers make of it comes after.
        var atUs = MonotonicClock.NowUs;
        act();
        Events.Add(atUs, id, what: null, what);
    }

    private void Note(int id, string text)
    {
        if (ParsePeerLine(text) is not { What: { } what } line)
        {
            return;
        }

        Events.Add(line.AtUs, id, what);
        lock (_gate)
        {
            switch (what.Kind)
            {
                case PeerEventKind.Trades when what.Term > _term:
                    (_trader, _term, _problem) = (_peers[id] is { IsUnwanted: false } ? id : null, what.Term, null);
                    break;
                case PeerEventKind.AccountsFailed:
                    _trader = _trader == id ? null : _trader;
                    _problem = _trader is null ? what.Detail : null;
                    break;
                case PeerEventKind.Resigned or PeerEventKind.Fenced when _trader == id:
                    _trader = null;
                    break;
            }
        }
    }

    private static PeerLine? ParsePeerLine(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, RunningJson.Default.PeerLine);
        }
        catch (JsonException)
        {
            // The last words of one that was killed may be torn.
            return null;
        }
    }

    private async Task NoteEndAsync(int id, ChildService peer)
    {
        var exitCode = await peer.Ended;
        if (!peer.IsUnwanted)
        {
            Events.Add(MonotonicClock.NowUs, id, what: null, ProcessEvents.Ended, exitCode);
            _logger.LogWarning("peer {Peer} ended by itself with exit code {ExitCode}; its log: {Log}", id, exitCode, $"{_logs}peer-{id}.log");
        }

        if (_peers[id] == peer)
        {
            Forget(id);
        }
    }

    private void Forget(int id)
    {
        lock (_gate)
        {
            _trader = _trader == id ? null : _trader;
        }
    }
}
