using System.Text;
using Lab.Journal;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Accounts.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.TradingPost.Accounts;

/// <summary>Accounts in files: the contract, and what only files can suffer.</summary>
public sealed class FileAccountsTests : AccountsContract, IDisposable
{
    private readonly JournalFolderOfATest _folder = new();

    protected override AccountsSettings Settings => _folder.Settings;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_append_is_one_line_that_people_can_read()
    {
        await using (var accounts = Open())
        {
            var market = new SampleMarket(await accounts.ClaimAsync(4, Token));
            await accounts.AppendAsync(market.Records(3), Token);
            await accounts.AppendAsync(market.Records(1), Token);
        }

        var lines = Lines(1);
        Assert.Equal(3, lines.Length);
        Assert.Matches("""^[0-9a-f]{8} \{"segment":1,"writer":4,"base":null,"state":\{.*\}\}$""", lines[0]);
        Assert.Matches("""^[0-9a-f]{8} \[\{"type":"joined",.*\},\{"type":"joined",.*\},\{"type":"deposited",.*\}\]$""", lines[1]);
        Assert.Matches("""^[0-9a-f]{8} \[\{"type":"sold",.*\}\]$""", lines[2]);
    }

    [Fact]
    public async Task A_term_is_a_file_that_says_what_it_continues()
    {
        await using var accounts = Open();
        await accounts.ClaimAsync(4, Token);
        await accounts.ClaimAsync(5, Token);
        Assert.Contains($$"""{"segment":2,"writer":5,"base":{"segment":1,"offset":{{Lines(1)[0].Length + 1}}},"state":""", Lines(2)[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_dies_while_claiming_is_passed_over_and_fences_all_the_same()
    {
        await using var first = Open();
        var market = new SampleMarket(await first.ClaimAsync(1, Token));
        var records = market.Records(3);
        await first.AppendAsync(records, Token);

        // One died before it wrote anything, one in the middle of its first line, one after half of the space was made.
        var claim = File.ReadAllBytes(_folder.Journal(1));
        File.WriteAllBytes(_folder.Journal(2), []);
        File.WriteAllBytes(_folder.Journal(3), claim.AsSpan(0, 40));
        File.WriteAllBytes(_folder.Journal(4), [.. claim.AsSpan(0, 40), .. new byte[5000]]);

        await Assert.ThrowsAsync<FencedException>(() => first.AppendAsync(market.Records(1), Token));
        await using var second = Open();
        var claimed = await second.ClaimAsync(2, Token);
        Assert.Equal(5, claimed.Term);
        Assert.Equal([1L, 1, 1, 1, 1, 5], History().Select(entry => entry.Term));
    }

    [Fact]
    public async Task Whoever_is_stopped_while_claiming_finds_out_when_it_wakes()
    {
        await using var first = Open();
        var market = new SampleMarket(await first.ClaimAsync(1, Token));
        await first.AppendAsync(market.Records(3), Token);

        await using var sleeper = new FileAccounts(_folder.Path, 10, NullLogger.Instance);
        var taken = sleeper.TakeTerm();
        await using var second = Open();
        var ours = new SampleMarket(await second.ClaimAsync(2, Token));
        await second.AppendAsync(ours.Records(2), Token);

        Assert.Throws<FencedException>(() => sleeper.Begin(taken, 7, Token));
        await Assert.ThrowsAsync<IOException>(() => sleeper.AppendAsync(ours.Records(1), Token));
        var third = new SampleMarket(await first.ClaimAsync(1, Token));
        Assert.Equal(5, third.Ledger.Records);
        Assert.Equal([1L, 3, 4], History().Where(entry => entry.Record is null).Select(entry => entry.Term));
    }

    [Fact]
    public async Task Of_two_that_are_stopped_while_claiming_the_earlier_one_may_still_be_continued()
    {
        await using var first = Open();
        var market = new SampleMarket(await first.ClaimAsync(1, Token));
        await first.AppendAsync(market.Records(3), Token);
        await using var earlier = new FileAccounts(_folder.Path, 10, NullLogger.Instance);
        await using var later = new FileAccounts(_folder.Path, 10, NullLogger.Instance);
        var two = earlier.TakeTerm();
        var three = later.TakeTerm();
        Assert.Throws<FencedException>(() => earlier.Begin(two, 7, Token));
        three.Dispose();

        await using var last = Open();
        Assert.Equal(4, (await last.ClaimAsync(2, Token)).Term);
        Assert.Equal([1L, 2, 4], History().Where(entry => entry.Record is null).Select(entry => entry.Term));
        Assert.Equal(3, History().Count(entry => entry.Record is not null));
    }

    [Fact]
    public async Task What_a_fenced_trader_still_wrote_after_its_successor_had_read_never_happened()
    {
        await using var first = Open();
        var market = new SampleMarket(await first.ClaimAsync(1, Token));
        var happened = market.Records(3);
        await first.AppendAsync(happened, Token);
        await using var second = Open();
        await second.ClaimAsync(2, Token);

        await Assert.ThrowsAsync<FencedException>(() => first.AppendAsync(market.Records(1), Token));
        Assert.Equal(3, Lines(1).Length);
        Assert.Equal(happened, History().Select(entry => entry.Record).OfType<Lab.TradingPost.Market.AccountRecord>());
        Assert.Equal(3, (await second.ClaimAsync(2, Token)).Ledger.Records);
    }

    [Fact]
    public async Task What_a_fenced_trader_wrote_before_its_successor_read_did_happen()
    {
        await using var first = Open();
        var market = new SampleMarket(await first.ClaimAsync(1, Token));
        await using var second = new FileAccounts(_folder.Path, 10, NullLogger.Instance);
        var taken = second.TakeTerm();
        await Assert.ThrowsAsync<FencedException>(() => first.AppendAsync(market.Records(3), Token));

        Assert.Equal(3, second.Begin(taken, 2, Token).Ledger.Records);
        Assert.Equal(3, History().Count(entry => entry.Record is not null));
    }

    [Fact]
    public async Task A_claim_begins_at_the_last_snapshot_and_reads_nothing_before_it()
    {
        await using (var accounts = Open(snapshotEvery: 10))
        {
            var market = new SampleMarket(await accounts.ClaimAsync(1, Token));
            await accounts.AppendAsync(market.Records(9), Token);
            Assert.False(File.Exists(_folder.Snapshot(1)));
            await accounts.AppendAsync(market.Records(1), Token);
            await accounts.ClaimAsync(1, Token);
        }

        Assert.True(File.Exists(_folder.Snapshot(1)));
        Damage(1, line: 1);
        File.Delete(_folder.Journal(2));
        File.Delete(_folder.Confirmed(2));
        await using var next = Open();
        Assert.Equal(10, (await next.ClaimAsync(2, Token)).Ledger.Records);
        Assert.Contains("is damaged", Assert.Throws<DamagedJournalException>(() => History()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no snapshot")]
    [InlineData("00000000 {\"offset\":0,\"state\":{}}\n")]
    public async Task A_snapshot_that_cannot_be_used_costs_time_but_nothing_else(string content)
    {
        await AppendAsync(appends: 4, recordsEach: 5);
        File.WriteAllText(_folder.Snapshot(1), content);
        await using var accounts = Open();
        Assert.Equal(20, (await accounts.ClaimAsync(2, Token)).Ledger.Records);
    }

    [Fact]
    public async Task A_journal_that_lost_what_its_snapshot_had_is_noticed()
    {
        await using (var accounts = Open(snapshotEvery: 1))
        {
            await accounts.AppendAsync(new SampleMarket(await accounts.ClaimAsync(1, Token)).Records(1), Token);
        }

        File.WriteAllText(_folder.Journal(1), Lines(1)[0] + "\n");
        await using var next = Open();
        var exception = await Assert.ThrowsAsync<DamagedJournalException>(() => next.ClaimAsync(2, Token));
        Assert.Contains("has lost its end", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_that_is_removed_while_it_is_written_acknowledges_nothing()
    {
        await using var accounts = Open();
        var market = new SampleMarket(await accounts.ClaimAsync(1, Token));
        File.Delete(_folder.Journal(1));
        var exception = await Assert.ThrowsAsync<IOException>(() => accounts.AppendAsync(market.Records(1), Token));
        Assert.Contains("was removed", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Whoever stands again and again must not fill the disk with terms that never begin.</summary>
    [Fact]
    public async Task A_damaged_journal_costs_a_claimant_one_term_and_goes_on_when_it_is_whole_again()
    {
        await AppendAsync(appends: 4, recordsEach: 3);
        var whole = await File.ReadAllBytesAsync(_folder.Journal(1), Token);
        await File.WriteAllBytesAsync(_folder.Journal(1), whole.AsMemory(0, Lines(1)[..^1].Sum(line => line.Length + 1)), Token);
        await using var accounts = Open();
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var exception = await Assert.ThrowsAsync<DamagedJournalException>(() => accounts.ClaimAsync(1, Token));
            Assert.Contains("./lab trading-post repair", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(2, Directory.GetFiles(_folder.Path, "*.journal").Length);
        await File.WriteAllBytesAsync(_folder.Journal(1), whole, Token);
        var claimed = await accounts.ClaimAsync(1, Token);
        Assert.Equal((3L, 12L), (claimed.Term, claimed.Ledger.Records));
    }

    [Fact]
    public async Task A_repair_says_how_many_sales_are_lost()
    {
        await AppendAsync(appends: 4, recordsEach: 6);
        Damage(1, line: 3);
        var step = Assert.Single(await AccountsFactory.PlanRepairAsync(Settings, Token));
        Assert.Equal((1L, _folder.Journal(1), 6), (step.Term, step.File, step.LostRecords));
        Assert.InRange(step.LostSales, 1, 6);
        await AccountsFactory.RepairAsync(Settings, [step]);
        Assert.Equal(12, History().Count(entry => entry.Record is not null));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_an_error_that_names_it()
    {
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "", Token);
        await using var accounts = new FileAccounts(Path.Combine(file, "journal"), 10, NullLogger.Instance);
        foreach (var attempt in new[] { () => accounts.PrepareAsync(Token), () => accounts.ClaimAsync(1, Token) })
        {
            Assert.Contains(file, (await Assert.ThrowsAnyAsync<IOException>(attempt)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Files_of_others_are_left_alone()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "notes.txt"), "mine", Token);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "term-x.journal"), "mine", Token);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "term-7.journal"), "mine", Token);
        await using var accounts = Open();
        Assert.Equal(1, (await accounts.ClaimAsync(1, Token)).Term);
    }

    private async Task AppendAsync(int appends, int recordsEach)
    {
        await using var accounts = Open();
        var market = new SampleMarket(await accounts.ClaimAsync(1, Token));
        for (var append = 0; append < appends; append++)
        {
            await accounts.AppendAsync(market.Records(recordsEach), Token);
        }
    }

    private void Damage(long term, int line)
    {
        var bytes = File.ReadAllBytes(_folder.Journal(term));
        bytes[Lines(term).Take(line).Sum(text => text.Length + 1) + 20] ^= 1;
        File.WriteAllBytes(_folder.Journal(term), bytes);
    }

    private string[] Lines(long term) =>
        Encoding.UTF8.GetString(File.ReadAllBytes(_folder.Journal(term))).TrimEnd('\0').Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
