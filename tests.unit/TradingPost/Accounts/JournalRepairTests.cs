using Lab.TradingPost.Accounts.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.TradingPost.Accounts;

/// <summary>What a repair gives up of a damaged journal, and that it deletes nothing.</summary>
public sealed class JournalRepairTests : IDisposable
{
    private const int RecordsEach = 6;

    private readonly JournalFolderOfATest _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_journal_that_is_whole_needs_no_repair()
    {
        Assert.Empty(JournalRepair.Plan(Path.Combine(_folder.Path, "none yet"), Token));
        Assert.Empty(JournalRepair.Plan(_folder.Path, Token));
        await WriteTermAsync(appends: 3);
        Assert.Empty(JournalRepair.Plan(_folder.Path, Token));
    }

    [Fact]
    public async Task Damage_in_the_middle_costs_what_follows_it_and_keeps_what_is_before()
    {
        var ends = await WriteTermAsync(appends: 4);
        var damaged = Damage(1, ends[2] + 20);

        var step = Assert.Single(JournalRepair.Plan(_folder.Path, Token));
        Assert.Equal((1L, _folder.Journal(1), ends[2], ends[2], RecordsEach), (step.Term, step.File, step.At, step.Kept, step.LostRecords));
        Assert.InRange(step.LostSales, 1, RecordsEach);
        Assert.Equal(damaged, File.ReadAllBytes(_folder.Journal(1)));

        Repair();
        Assert.Equal(2 * RecordsEach, await ClaimAsync());
        Assert.Equal(damaged, File.ReadAllBytes(Assert.Single(Aside("*.journal.damaged-*"))));
        Assert.Equal(2 * RecordsEach, JournalHistory.Read(_folder.Path).Count(entry => entry.Record is not null));
    }

    [Fact]
    public async Task An_end_that_is_lost_costs_no_more_than_that_end()
    {
        var ends = await WriteTermAsync(appends: 4);
        await File.WriteAllBytesAsync(_folder.Journal(1), File.ReadAllBytes(_folder.Journal(1)).AsMemory(0, (int)ends[4] - 1), Token);
        Assert.Equal(0, Assert.Single(JournalRepair.Plan(_folder.Path, Token)).LostRecords);
        Repair();
        Assert.Equal(3 * RecordsEach, await ClaimAsync());
    }

    /// <summary>Nothing says which accounts a term began with whose first line is gone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_term_without_its_beginning_is_given_up_whole_and_still_fences(bool isMissing)
    {
        await WriteTermAsync(appends: 2);
        await using var fenced = Open();
        await WriteTermAsync(appends: 3);
        if (isMissing)
        {
            File.Delete(_folder.Journal(2));
        }
        else
        {
            Damage(2, at: 30);
        }

        var step = Assert.Single(JournalRepair.Plan(_folder.Path, Token));
        Assert.Equal((2L, 0L, isMissing ? 0 : 3 * RecordsEach), (step.Term, step.Kept, step.LostRecords));
        Repair();
        Assert.Empty(await File.ReadAllBytesAsync(_folder.Journal(2), Token));
        Assert.Equal(2 * RecordsEach, await ClaimAsync());
        Assert.Equal(3, new JournalFolder(_folder.Path).HighestTerm());
    }

    [Fact]
    public async Task A_term_before_that_is_damaged_as_well_is_repaired_with_it()
    {
        var ends = await WriteTermAsync(appends: 3);
        await WriteTermAsync(appends: 1);
        Damage(1, ends[1] + 20);
        Damage(2, at: 30);
        Assert.Equal([(2L, 0L), (1L, ends[1])], JournalRepair.Plan(_folder.Path, Token).Select(step => (step.Term, step.Kept)));
        Repair();
        Assert.Equal(RecordsEach, await ClaimAsync());
    }

    [Fact]
    public async Task Damage_of_an_earlier_term_hinders_nobody_from_trading()
    {
        var ends = await WriteTermAsync(appends: 3);
        await WriteTermAsync(appends: 1);
        Damage(1, ends[1] + 20);
        Assert.Empty(JournalRepair.Plan(_folder.Path, Token));
        Assert.Equal(ends[1], Assert.Throws<DamagedJournalException>(() => JournalHistory.Check(_folder.Path, Token)).At);
    }

    [Fact]
    public async Task Word_of_what_was_acknowledged_that_is_damaged_costs_nothing_but_that_word()
    {
        await WriteTermAsync(appends: 3);
        await File.WriteAllTextAsync(_folder.Confirmed(1), "what was this?", Token);
        var step = Assert.Single(JournalRepair.Plan(_folder.Path, Token));
        Assert.Equal((_folder.Confirmed(1), 0), (step.File, step.LostRecords));
        Repair();
        Assert.Equal(3 * RecordsEach, await ClaimAsync());
        Assert.Single(Aside("*.confirmed.damaged-*"));
    }

    /// <summary>The journal is cut before the word of its end is set aside.</summary>
    [Fact]
    public async Task A_repair_that_was_interrupted_is_done_again()
    {
        var ends = await WriteTermAsync(appends: 3);
        Damage(1, ends[2] + 20);
        await File.WriteAllBytesAsync(_folder.Journal(1), File.ReadAllBytes(_folder.Journal(1)).AsMemory(0, (int)ends[2]), Token);
        Repair();
        Assert.Equal(2 * RecordsEach, await ClaimAsync());
    }

    private void Repair()
    {
        JournalRepair.Apply(_folder.Path, JournalRepair.Plan(_folder.Path, Token));
        Assert.Empty(JournalRepair.Plan(_folder.Path, Token));
    }

    private string[] Aside(string pattern) => Directory.GetFiles(_folder.Path, pattern);

    private FileAccounts Open() => new(_folder.Path, 1000, NullLogger.Instance);

    private async Task<long> ClaimAsync()
    {
        await using var accounts = Open();
        return (await accounts.ClaimAsync(1, Token)).Ledger.Records;
    }

    /// <returns>Where its lines end, in bytes; the first is that of the claim.</returns>
    private async Task<IReadOnlyList<long>> WriteTermAsync(int appends)
    {
        await using var accounts = Open();
        var market = new SampleMarket(await accounts.ClaimAsync(0, Token));
        for (var append = 0; append < appends; append++)
        {
            await accounts.AppendAsync(market.Records(RecordsEach), Token);
        }

        var bytes = await File.ReadAllBytesAsync(_folder.Journal(market.Term), Token);
        return [.. Enumerable.Range(0, bytes.Length).Where(at => bytes[at] == '\n').Select(at => at + 1L)];
    }

    private byte[] Damage(long term, long at)
    {
        var bytes = File.ReadAllBytes(_folder.Journal(term));
        bytes[at] ^= 1;
        File.WriteAllBytes(_folder.Journal(term), bytes);
        return bytes;
    }
}
