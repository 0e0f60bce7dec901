using Lab.Journal;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>Accounts in a folder that all peers share: a journal whose segments are the terms (<c>docs/journal.md</c>).</summary>
/// <param name="folder">Made when it is missing.</param>
/// <param name="snapshotEvery">Records between two snapshots.</param>
/// <param name="logger">Learns of what costs time but loses nothing.</param>
public sealed class FileAccounts(string folder, int snapshotEvery, ILogger logger) : AccountsStore
{
    /// <summary>What to do about damage.</summary>
    public const string Advice = "'./lab trading-post repair' shows what is lost, and mends it";

    private readonly JournalOptions<Ledger, AccountRecord> _journal = Journal(folder, snapshotEvery, logger);
    private SegmentWriter<Ledger, AccountRecord>? _term;

    /// <summary>The last claim found damage. Until that is mended no further term is taken: it would leave a file and help nobody.</summary>
    private bool _isDamaged;

    /// <summary>The accounts' journal.</summary>
    public static JournalOptions<Ledger, AccountRecord> Journal(string folder, int snapshotEvery, ILogger logger) => new()
    {
        Folder = new JournalFolder(folder, "term-", Advice),
        Records = AccountsJson.Default.IReadOnlyListAccountRecord,
        SnapshotEvery = snapshotEvery,
        KeepsHistory = true,
        Logger = logger,
    };

    protected override void Prepare()
    {
        _journal.Folder.Create();
        _ = _journal.Folder.HighestSegment();
    }

    protected override ClaimedAccounts Claim(int trader, CancellationToken cancellationToken)
    {
        _journal.Folder.Create();
        try
        {
            if (_isDamaged)
            {
                JournalHistory.CheckLast(_journal, cancellationToken);
            }

            var claimed = Begin(TakeTerm(), trader, cancellationToken);
            _isDamaged = false;
            return claimed;
        }
        catch (DamagedJournalException)
        {
            _isDamaged = true;
            throw;
        }
    }

    protected override bool WasGiven(long term, int? trader) =>
        _journal.Folder.WasTaken(term) && (trader is null || _journal.Folder.WriterOf(term) == trader);

    /// <summary>The first half of a claim: from here on earlier terms are fenced.</summary>
    internal SegmentWriter<Ledger, AccountRecord> TakeTerm() => new(_journal);

    /// <summary>The second half: the earlier terms are read, the term begins.</summary>
    internal ClaimedAccounts Begin(SegmentWriter<Ledger, AccountRecord> taken, int trader, CancellationToken cancellationToken)
    {
        _term = taken;
        try
        {
            return new ClaimedAccounts(taken.Segment, taken.Begin(trader, cancellationToken));
        }
        catch
        {
            // Its file stays, and is passed over: without it, traders of earlier terms would not know that they are fenced.
            GiveUp();
            throw;
        }
    }

    protected override void Append(IReadOnlyList<AccountRecord> records)
    {
        if (_term is null)
        {
            throw new IOException("no term is held: claim one first");
        }

        try
        {
            foreach (var record in records)
            {
                _term.Apply(record);
            }

            _term.Write(records);
        }
        catch
        {
            GiveUp();
            throw;
        }
    }

    protected override void GiveUp()
    {
        _term?.Dispose();
        _term = null;
    }

    protected override bool IsFailure(Exception exception) => exception is UnauthorizedAccessException;
}
