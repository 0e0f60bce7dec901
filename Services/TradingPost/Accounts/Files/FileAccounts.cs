using System.Text.Json;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;

namespace Lab.TradingPost.Accounts.Files;

/// <summary>Accounts in a folder that all peers share: one file per term (<c>docs/journal.md</c>).</summary>
/// <param name="folder">Made when it is missing.</param>
/// <param name="snapshotEvery">Records between two snapshots.</param>
/// <param name="logger">Learns of what costs time but loses nothing.</param>
public sealed class FileAccounts(string folder, int snapshotEvery, ILogger logger) : AccountsStore
{
    private readonly JournalFolder _folder = new(folder);
    private TermWriter? _writer;
    private DurableLedger? _ledger;

    /// <summary>The last claim found damage. Until that is mended no further term is taken: it would leave a file and help nobody.</summary>
    private bool _isDamaged;

    protected override void Prepare()
    {
        _folder.Create();
        _ = _folder.HighestTerm();
    }

    protected override ClaimedAccounts Claim(int trader, CancellationToken cancellationToken)
    {
        _folder.Create();
        try
        {
            if (_isDamaged)
            {
                JournalHistory.ReadLast(_folder, _folder.HighestTerm(), logger, cancellationToken);
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
        Disk.Exists(_folder.Journal(term)) && (trader is null || TermReader.TraderOf(_folder, term) == trader);

    /// <summary>The first half of a claim: from here on earlier terms are fenced.</summary>
    internal TermWriter TakeTerm()
    {
        var (term, file) = _folder.TakeTerm();
        return new TermWriter(_folder, term, file, logger);
    }

    /// <summary>The second half: the earlier terms are read, the term begins.</summary>
    internal ClaimedAccounts Begin(TermWriter taken, int trader, CancellationToken cancellationToken)
    {
        _writer = taken;
        try
        {
            var (ledger, continues) = JournalHistory.ReadLast(_folder, taken.Term - 1, logger, cancellationToken);
            using var snapshot = JsonDocument.Parse(ledger.ToSnapshot());
            _ledger = new DurableLedger(
                TermReader.ToLedger(snapshot.RootElement, _folder.Path), taken.Term, ledger.Records, snapshotEvery, WriteSnapshot, logger);
            taken.Append(new TermClaim(taken.Term, trader, continues, snapshot.RootElement), AccountsJson.Default.TermClaim);
            Disk.FlushFolder(_folder.Path);
            return new ClaimedAccounts(taken.Term, ledger);
        }
        catch
        {
            // Its file stays, and is passed over: without it, traders of earlier terms would not know that they are fenced.
            GiveUp();
            throw;
        }

        void WriteSnapshot(long offset, byte[] ledger) => SnapshotFile.Write(_folder, taken.Term, offset, ledger);
    }

    protected override void Append(IReadOnlyList<AccountRecord> records)
    {
        if (_writer is null || _ledger is null)
        {
            throw new IOException("no term is held: claim one first");
        }

        try
        {
            _ledger.Apply(records);
            _writer.Append(records, AccountsJson.Default.IReadOnlyListAccountRecord);
            _ledger.Written(_writer.Offset);
        }
        catch
        {
            GiveUp();
            throw;
        }
    }

    protected override void GiveUp()
    {
        _ledger?.Finish();
        _writer?.Dispose();
        _ledger = null;
        _writer = null;
    }

    protected override bool IsFailure(Exception exception) => exception is UnauthorizedAccessException;
}
