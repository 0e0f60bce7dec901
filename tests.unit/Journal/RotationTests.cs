using Lab.Journal;

namespace Lab.Tests.Unit.Journal;

/// <summary>A writer that takes the next segment when one is full, and whatever a kill leaves of that.</summary>
public sealed class RotationTests : IDisposable
{
    private const int Records = 40;

    private readonly JournalOfATest _journal = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private JournalOptions<Sums, Added> Small => _journal.Options with { SegmentBytes = 500, SnapshotEvery = 3, KeepsHistory = false };

    public void Dispose() => _journal.Dispose();

    [Fact]
    public async Task A_full_segment_is_followed_by_one_that_begins_with_the_state_and_its_space_is_given_back()
    {
        await WriteAsync(Small);
        var last = _journal.Options.Folder.HighestSegment();
        Assert.InRange(last, 4, Records);
        var left = Directory.GetFiles(_journal.Path).Where(path => new FileInfo(path).Length > 0).Select(Path.GetFileName);
        Assert.All(left, name => Assert.StartsWith($"segment-{last:D10}", name, StringComparison.Ordinal));
        Assert.Equal(last, Directory.GetFiles(_journal.Path, "*.journal").Length);

        await using var next = await JournalWriter.OpenAsync(Small, (_, _, _) => { }, Token);
        Assert.Equal(Records, next.State.Records);
        Assert.Equal(Records * (Records + 1) / 2, next.State.ByName["name"]);
    }

    [Fact]
    public async Task A_history_that_is_kept_has_everything_over_all_segments()
    {
        await WriteAsync(Small with { KeepsHistory = true });
        Assert.InRange(_journal.Options.Folder.HighestSegment(), 4, Records);
        Assert.Equal(Enumerable.Range(1, Records), JournalHistory.Read(_journal.Options).Where(entry => !entry.IsStart).Select(entry => entry.Record!.Amount));
        JournalHistory.Check(_journal.Options, Token);
    }

    [Fact]
    public async Task Whoever_wrote_long_ago_is_fenced_though_what_it_wrote_is_gone()
    {
        await using var old = await JournalWriter.OpenAsync(Small, (_, _, _) => { }, Token);
        await old.AppendAsync(new Added("old", 1));
        await WriteAsync(Small);
        await Assert.ThrowsAsync<FencedException>(() => old.AppendAsync(new Added("old", 1)));
        Assert.Equal(Records + 1, _journal.Open().Records);
    }

    /// <summary>It had looked for the highest segment, and slept; meanwhile the others came and went.</summary>
    [Fact]
    public async Task Whoever_slept_while_it_opened_the_journal_is_fenced_though_what_it_reads_is_gone()
    {
        await WriteAsync(Small);
        using var sleeper = new SegmentWriter<Sums, Added>(Small);
        await WriteAsync(Small);
        Assert.Throws<FencedException>(() => sleeper.Begin(1, Token));
        Assert.Equal(2 * Records, _journal.Open().Records);
    }

    [Fact]
    public async Task A_writer_whose_next_segment_another_one_has_taken_leaves_it_to_that_one()
    {
        await using var writer = await JournalWriter.OpenAsync(Small with { SegmentBytes = 1 }, (_, _, _) => { }, Token);
        await writer.AppendAsync(new Added("name", 1));
        using var other = new SegmentWriter<Sums, Added>(Small);
        await Assert.ThrowsAsync<FencedException>(() => writer.AppendAsync(new Added("name", 1)));
        Assert.Equal(other.Segment, _journal.Options.Folder.HighestSegment());
        Assert.InRange(other.Begin(1, Token).Records, 1, 2);
    }

    /// <summary>Before its first line is there the journal goes on from the full segment, and afterwards from the new one.</summary>
    [Fact]
    public void Killed_anywhere_while_the_next_segment_begins_the_journal_opens_with_everything()
    {
        var (full, begun) = RotateOnce();
        for (var length = 0; length <= begun.Journal.Length; length++)
        {
            Clear();
            full.Restore(_journal, 1);
            File.WriteAllBytes(_journal.Journal(2), begun.Journal.AsSpan(0, length));
            OpensWithEverything();
        }

        // The space is there, and only a part of what belongs there.
        for (var length = 0; length < begun.Journal.Length; length += 7)
        {
            Clear();
            full.Restore(_journal, 1);
            File.WriteAllBytes(_journal.Journal(2), [.. begun.Journal.AsSpan(0, length), .. new byte[4096]]);
            OpensWithEverything();
        }
    }

    /// <summary>In whatever order that reaches the disk.</summary>
    [Fact]
    public void Killed_anywhere_while_the_full_segment_is_emptied_the_journal_opens_with_everything()
    {
        var (full, begun) = RotateOnce();
        for (var done = 0; done < 1 << 4; done++)
        {
            Clear();
            full.Restore(_journal, 1);
            begun.Restore(_journal, 2);
            if ((done & 1) != 0)
            {
                File.Delete(_journal.Confirmed(1));
            }

            if ((done & 2) != 0)
            {
                File.Delete(_journal.Snapshot(1));
            }

            if ((done & 4) != 0)
            {
                File.WriteAllBytes(_journal.Journal(1), []);
            }

            if ((done & 8) != 0)
            {
                // On the disk a little later than the first line.
                File.Delete(_journal.Confirmed(2));
            }

            OpensWithEverything();
        }
    }

    /// <summary>A snapshot that was being written when the process was killed.</summary>
    [Fact]
    public async Task What_others_put_there_is_left_alone_and_what_is_half_written_is_removed()
    {
        string[] others = ["notes.txt", "segment-x.journal", "segment-1.journal", "segment-0000000001.journal.damaged-20260101"];
        foreach (var name in others)
        {
            await File.WriteAllTextAsync(Path.Combine(_journal.Path, name), "mine", Token);
        }

        var half = _journal.Snapshot(1) + ".unfinished";
        await File.WriteAllTextAsync(half, "half", Token);
        await WriteAsync(Small);
        Assert.All(others, name => Assert.Equal("mine", File.ReadAllText(Path.Combine(_journal.Path, name))));
        Assert.False(File.Exists(half));
    }

    private async Task WriteAsync(JournalOptions<Sums, Added> options)
    {
        await using var writer = await JournalWriter.OpenAsync(options, (_, _, _) => { }, Token);
        for (var number = 1; number <= Records; number++)
        {
            await writer.AppendAsync(new Added("name", number));
        }
    }

    /// <returns>The files of the full segment, and those of the next one when it has just begun.</returns>
    private (SegmentFiles Full, SegmentFiles Begun) RotateOnce()
    {
        using var first = new SegmentWriter<Sums, Added>(Small with { KeepsHistory = true });
        first.Begin(1, Token);
        for (var number = 1; number <= Records; number++)
        {
            var record = new Added("name", number);
            first.Apply(record);
            first.Write([record]);
        }

        using var second = first.Next(1);
        return (SegmentFiles.Of(_journal, 1), SegmentFiles.Of(_journal, 2));
    }

    private void OpensWithEverything()
    {
        using (var next = new SegmentWriter<Sums, Added>(Small))
        {
            var state = next.Begin(1, Token);
            Assert.Equal((Records, Records * (Records + 1L) / 2), ((int)state.Records, state.ByName["name"]));
            next.Apply(new Added("after", 1));
            next.Write([new Added("after", 1)]);
        }

        Assert.Equal(Records + 1, _journal.Open().Records);
    }

    private void Clear()
    {
        foreach (var path in Directory.GetFiles(_journal.Path))
        {
            File.Delete(path);
        }
    }

    private sealed record SegmentFiles(byte[] Journal, byte[] Confirmed, byte[]? Snapshot)
    {
        /// <summary>Without the space that is written ahead: that would take long to cut.</summary>
        public static SegmentFiles Of(JournalOfATest journal, long segment) => new(
            [.. File.ReadAllBytes(journal.Journal(segment)).TakeWhile(value => value != 0)],
            File.ReadAllBytes(journal.Confirmed(segment)),
            File.Exists(journal.Snapshot(segment)) ? File.ReadAllBytes(journal.Snapshot(segment)) : null);

        public void Restore(JournalOfATest journal, long segment)
        {
            File.WriteAllBytes(journal.Journal(segment), Journal);
            File.WriteAllBytes(journal.Confirmed(segment), Confirmed);
            if (Snapshot is not null)
            {
                File.WriteAllBytes(journal.Snapshot(segment), Snapshot);
            }
        }
    }
}
