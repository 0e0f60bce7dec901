using Lab.Journal;
using Lab.TradingPost.Accounts.Files;
using Lab.TradingPost.Accounts.MySql;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.TradingPost.Accounts;

/// <summary>Opens, reads and empties the accounts of a market, wherever they are.</summary>
public static class AccountsFactory
{
    /// <summary>For one peer; neither connects nor reads yet.</summary>
    /// <exception cref="ArgumentException">The settings lack something.</exception>
    public static AccountsStore Create(AccountsSettings settings, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.SnapshotEvery, nameof(settings));
        return settings.Kind == AccountsKind.File
            ? new FileAccounts(Folder(settings), settings.SnapshotEvery, logger)
            : new MySqlAccounts(ConnectionString(settings), settings.Market, settings.SnapshotEvery, logger);
    }

    /// <summary>
    /// Everything that ever happened in the market, in order; reads (and blocks) as it is asked for. While the market trades,
    /// the last records of files may turn out not to have happened: their trader may just be fenced.
    /// </summary>
    /// <exception cref="ArgumentException">The settings lack something.</exception>
    /// <exception cref="IOException">The accounts cannot be read, or are damaged.</exception>
    public static IEnumerable<JournalEntry> ReadHistory(AccountsSettings settings) => settings.Kind == AccountsKind.File
        ? JournalHistory.Read(Journal(settings)).Select(entry => new JournalEntry(entry.Segment, entry.Writer, entry.IsStart ? null : entry.Record))
        : MySqlHistory.Read(ConnectionString(settings), settings.Market);

    /// <summary>Looks whether the whole history can be read, which is quicker than reading it. A database looks after itself.</summary>
    /// <exception cref="DamagedJournalException">It cannot.</exception>
    /// <exception cref="IOException">The accounts cannot be read.</exception>
    public static Task CheckHistoryAsync(AccountsSettings settings, CancellationToken cancellationToken) => settings.Kind == AccountsKind.File
        ? Task.Run(() => JournalHistory.Check(Journal(settings), cancellationToken), cancellationToken)
        : Task.CompletedTask;

    /// <summary>What must be given up so that the accounts can be continued; empty: nothing.</summary>
    /// <exception cref="IOException">The accounts cannot be read.</exception>
    public static Task<IReadOnlyList<RepairStep>> PlanRepairAsync(AccountsSettings settings, CancellationToken cancellationToken) =>
        settings.Kind == AccountsKind.File
            ? Task.Run<IReadOnlyList<RepairStep>>(() => [.. JournalRepair.Plan(Journal(settings), cancellationToken).Select(ToStep)], cancellationToken)
            : Task.FromResult<IReadOnlyList<RepairStep>>([]);

    /// <summary>Gives it up, and keeps it aside. Nobody may use the accounts meanwhile.</summary>
    /// <exception cref="IOException">The disk failed; it may be tried again.</exception>
    public static Task RepairAsync(AccountsSettings settings, IReadOnlyList<RepairStep> steps) =>
        Task.Run(() => JournalRepair.Apply(Journal(settings).Folder, steps.Select(step => (step.Term, step.Kept))));

    /// <summary>
    /// Empties the accounts, also of all that fences: only when every peer of the market has ended. Better still, give the next
    /// market a folder or name of its own.
    /// </summary>
    /// <exception cref="ArgumentException">The settings lack something.</exception>
    /// <exception cref="IOException">They cannot be reached.</exception>
    public static Task ResetAsync(AccountsSettings settings, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (settings.Kind == AccountsKind.File)
            {
                var folder = Journal(settings).Folder;
                folder.Create();
                folder.Clear();
            }
            else
            {
                MySqlHistory.Clear(ConnectionString(settings), settings.Market, cancellationToken);
            }
        },
        cancellationToken);

    private static RepairStep ToStep(JournalCut<AccountRecord> cut) =>
        new(cut.Segment, cut.File, cut.At, cut.Why, cut.Kept, cut.Lost.Count, cut.Lost.Count(record => record is Sold));

    private static JournalOptions<Ledger, AccountRecord> Journal(AccountsSettings settings) =>
        FileAccounts.Journal(Folder(settings), settings.SnapshotEvery, NullLogger.Instance);

    private static string Folder(AccountsSettings settings) =>
        settings.Folder ?? throw new ArgumentException("accounts in files need a folder", nameof(settings));

    private static string ConnectionString(AccountsSettings settings)
    {
        const int LongestName = 64;
        return settings.Market.Length is 0 or > LongestName
            ? throw new ArgumentException($"the name of a market has 1 to {LongestName} characters", nameof(settings))
            : settings.ConnectionString ?? throw new ArgumentException("accounts in MySQL need a connection string", nameof(settings));
    }
}

/// <summary>Where a market's accounts are; the same for all its peers.</summary>
public sealed record AccountsSettings
{
    public required AccountsKind Kind { get; init; }

    /// <summary>With files: the folder of the journal, which all peers can write. One market's alone.</summary>
    public string? Folder { get; init; }

    /// <summary>With MySQL: the server. A secret.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>With MySQL: tells the markets of a server apart; at most 64 characters.</summary>
    public string Market { get; init; } = "market";

    /// <summary>Records between two snapshots: at most about so many are replayed by a claim.</summary>
    public int SnapshotEvery { get; init; } = 5_000;

    /// <summary>Without the secret.</summary>
    public override string ToString() => Kind == AccountsKind.File ? $"files in {Folder}" : $"market {Market} on MySQL";
}

/// <summary>What a repair gives up of one term.</summary>
/// <param name="Term">Which.</param>
/// <param name="File">The path of the file that is damaged, or missing.</param>
/// <param name="At">Where, in bytes.</param>
/// <param name="Why">In words.</param>
/// <param name="Kept">Bytes of the term's journal that still count: what is behind them is kept aside. 0: the whole term is given up.</param>
/// <param name="LostRecords">Records that can be read behind the damage, and cannot follow what is before it.</param>
/// <param name="LostSales">How many of them are sales.</param>
public sealed record RepairStep(long Term, string File, long At, string Why, long Kept, int LostRecords, int LostSales);
