using Lab.Journal;

namespace Lab.Tests.Unit.Journal;

/// <summary>What a repair gives up of a damaged journal, and that it deletes nothing.</summary>
public sealed class JournalRepairTests : IDisposable
{
    private const int RecordsEach = 6;

    private readonly JournalOfATest _journal = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _journal.Dispose();

    [Fact]
    public void A_journal_that_is_whole_needs_no_repair()
    {
        Assert.Empty(JournalRepair.Plan(_journal.Options with { Folder = new JournalFolder(Path.Combine(_journal.Path, "none yet"), "segment-", "") }, Token));
        Assert.Empty(JournalRepair.Plan(_journal.Options, Token));
        _journal.Write(appends: 3, RecordsEach);
        Assert.Empty(JournalRepair.Plan(_journal.Options, Token));
    }

    [Fact]
    public void Damage_in_the_middle_costs_what_follows_it_and_keeps_what_is_before()
    {
        var ends = _journal.Write(appends: 4, RecordsEach);
        var damaged = _journal.Damage(1, ends[2] + 20);

        var step = Assert.Single(JournalRepair.Plan(_journal.Options, Token));
        Assert.Equal((1L, _journal.Journal(1), (long)ends[2], (long)ends[2], RecordsEach), (step.Segment, step.File, step.At, step.Kept, step.Lost.Count));
        Assert.Equal(damaged, File.ReadAllBytes(_journal.Journal(1)));

        Repair();
        Assert.Equal(2 * RecordsEach, _journal.Open().Records);
        Assert.Equal(damaged, File.ReadAllBytes(Assert.Single(Aside("*.journal.damaged-*"))));
        Assert.Equal(2 * RecordsEach, _journal.CountHistory());
    }

    [Fact]
    public void An_end_that_is_lost_costs_no_more_than_that_end()
    {
        var ends = _journal.Write(appends: 4, RecordsEach);
        File.WriteAllBytes(_journal.Journal(1), File.ReadAllBytes(_journal.Journal(1)).AsSpan(0, (int)ends[4] - 1));
        Assert.Empty(Assert.Single(JournalRepair.Plan(_journal.Options, Token)).Lost);
        Repair();
        Assert.Equal(3 * RecordsEach, _journal.Open().Records);
    }

    /// <summary>Nothing says which state a segment began with whose first line is gone.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_segment_without_its_beginning_is_given_up_whole_and_still_fences(bool isMissing)
    {
        _journal.Write(appends: 2, RecordsEach);
        _journal.Write(appends: 3, RecordsEach);
        if (isMissing)
        {
            File.Delete(_journal.Journal(2));
        }
        else
        {
            _journal.Damage(2, at: 30);
        }

        var step = Assert.Single(JournalRepair.Plan(_journal.Options, Token));
        Assert.Equal((2L, 0L, isMissing ? 0 : 3 * RecordsEach), (step.Segment, step.Kept, step.Lost.Count));
        Repair();
        Assert.Empty(File.ReadAllBytes(_journal.Journal(2)));
        Assert.Equal(2 * RecordsEach, _journal.Open().Records);
        Assert.Equal(3, _journal.Options.Folder.HighestSegment());
    }

    [Fact]
    public void A_segment_before_that_is_damaged_as_well_is_repaired_with_it()
    {
        var ends = _journal.Write(appends: 3, RecordsEach);
        _journal.Write(appends: 1, RecordsEach);
        _journal.Damage(1, ends[1] + 20);
        _journal.Damage(2, at: 30);
        Assert.Equal([(2L, 0L), (1L, (long)ends[1])], JournalRepair.Plan(_journal.Options, Token).Select(step => (step.Segment, step.Kept)));
        Repair();
        Assert.Equal(RecordsEach, _journal.Open().Records);
    }

    [Fact]
    public void Damage_of_an_earlier_segment_hinders_nobody_from_going_on()
    {
        var ends = _journal.Write(appends: 3, RecordsEach);
        _journal.Write(appends: 1, RecordsEach);
        _journal.Damage(1, ends[1] + 20);
        Assert.Empty(JournalRepair.Plan(_journal.Options, Token));
        Assert.Equal(ends[1], Assert.Throws<DamagedJournalException>(() => JournalHistory.Check(_journal.Options, Token)).At);
    }

    [Fact]
    public void Word_of_what_was_acknowledged_that_is_damaged_costs_nothing_but_that_word()
    {
        _journal.Write(appends: 3, RecordsEach);
        File.WriteAllText(_journal.Confirmed(1), "what was this?");
        var step = Assert.Single(JournalRepair.Plan(_journal.Options, Token));
        Assert.Equal((_journal.Confirmed(1), 0), (step.File, step.Lost.Count));
        Repair();
        Assert.Equal(3 * RecordsEach, _journal.Open().Records);
        Assert.Single(Aside("*.confirmed.damaged-*"));
    }

    /// <summary>The journal is cut before the word of its end is set aside.</summary>
    [Fact]
    public void A_repair_that_was_interrupted_is_done_again()
    {
        var ends = _journal.Write(appends: 3, RecordsEach);
        _journal.Damage(1, ends[2] + 20);
        File.WriteAllBytes(_journal.Journal(1), File.ReadAllBytes(_journal.Journal(1)).AsSpan(0, (int)ends[2]));
        Repair();
        Assert.Equal(2 * RecordsEach, _journal.Open().Records);
    }

    private void Repair()
    {
        JournalRepair.Apply(_journal.Options.Folder, JournalRepair.Plan(_journal.Options, Token).Select(cut => (cut.Segment, cut.Kept)));
        Assert.Empty(JournalRepair.Plan(_journal.Options, Token));
    }

    private string[] Aside(string pattern) => Directory.GetFiles(_journal.Path, pattern);
}
