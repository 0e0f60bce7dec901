using Lab.Journal;

namespace Lab.Tests.Unit.Journal;

/// <summary>What is left of a journal after a crash, and what no crash can leave.</summary>
public sealed class DamagedJournalTests : IDisposable
{
    private const int Appends = 4;
    private const int RecordsEach = 3;

    private readonly JournalOfATest _journal = new();
    private readonly List<int> _ends = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _journal.Dispose();

    [Fact]
    public void Cut_off_anywhere_it_has_the_whole_lines_before()
    {
        var whole = Write();
        for (var length = _ends[0]; length <= _ends[^1]; length++)
        {
            Expect(whole.AsSpan(0, length), _ends.Count(end => end <= length) - 1);
        }
    }

    [Fact]
    public void A_last_line_of_which_any_part_never_reached_the_disk_is_not_there()
    {
        var whole = Write();
        for (var (from, to) = (_ends[^2], _ends[^1]); from < to; from++)
        {
            var torn = whole.ToArray();
            torn.AsSpan(from, Math.Min(64, to - from)).Clear();
            Expect(torn, Appends - 1);
        }
    }

    /// <summary>Nobody was told of it: that is how a crash in the middle of a write looks.</summary>
    [Fact]
    public void Any_changed_bit_in_a_last_line_that_was_not_acknowledged_takes_that_line_away()
    {
        var whole = Write();
        for (var at = _ends[^2]; at < _ends[^1]; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            Expect(changed, Appends - 1);
        }
    }

    [Fact]
    public void Any_changed_bit_before_the_last_line_is_damage_that_is_told()
    {
        var whole = Write();
        for (var at = 0; at < _ends[^2] - 1; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            Assert.Contains("is damaged at byte", (Fail(changed)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Any_changed_bit_in_a_last_line_that_was_acknowledged_is_damage_that_is_told()
    {
        var whole = Write();
        for (var at = _ends[^2]; at < _ends[^1]; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            Assert.Equal((_journal.Journal(1), _ends[^2]), Place(Fail(changed)));
        }
    }

    [Fact]
    public void An_end_that_was_acknowledged_and_is_cut_off_is_damage_that_is_told()
    {
        var whole = Write();
        for (var length = 0; length < _ends[^1]; length += 7)
        {
            Assert.Equal((_journal.Journal(1), _ends.Where(end => end <= length).Append(0).Max()), Place(Fail(whole.AsSpan(0, length))));
        }
    }

    [Fact]
    public void An_end_that_was_acknowledged_and_reads_as_zeros_is_damage_that_is_told()
    {
        var whole = Write();
        for (var from = 0; from < _ends[^1]; from += 3)
        {
            var lost = whole.ToArray();
            lost.AsSpan(from).Clear();
            Assert.Equal((_journal.Journal(1), _ends.Where(end => end <= from).Append(0).Max()), Place(Fail(lost)));
        }
    }

    [Fact]
    public void A_last_file_that_is_gone_is_damage_and_its_segment_is_not_given_again()
    {
        Write();
        File.Delete(_journal.Journal(1));
        Assert.Equal((_journal.Journal(1), 0L), Place(Assert.Throws<DamagedJournalException>(() => _journal.Open())));
        Assert.False(File.Exists(_journal.Journal(1)));
        Assert.True(File.Exists(_journal.Journal(2)));
    }

    [Fact]
    public void Word_of_what_was_acknowledged_that_nobody_can_read_is_damage_and_none_is_not()
    {
        Write();
        File.WriteAllText(_journal.Confirmed(1), "what was this?");
        Assert.Equal((_journal.Confirmed(1), 0L), Place(Assert.Throws<DamagedJournalException>(() => _journal.Open())));

        // As a machine leaves it that lost power before it was on the disk.
        File.WriteAllBytes(_journal.Confirmed(1), new byte[40]);
        Assert.Equal(Appends * RecordsEach, _journal.Open().Records);
    }

    /// <summary>A sector that is lost takes the newline before the next line with it.</summary>
    [Fact]
    public void A_hole_in_the_middle_is_damage_that_is_told()
    {
        var whole = Write();
        for (var at = 0; at < _ends[^2] - 64; at += 5)
        {
            var holed = whole.ToArray();
            holed.AsSpan(at, 64).Clear();
            Assert.Contains("is damaged at byte", (Fail(holed)).Message, StringComparison.Ordinal);
        }

        var upToTheLast = whole.ToArray();
        upToTheLast.AsSpan(_ends[^2] - 64, 64).Clear();
        Assert.Contains("is damaged at byte", (Fail(upToTheLast)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_behind_the_last_line_is_nothing()
    {
        var whole = Write();
        var random = new Random(1);
        for (var round = 0; round < 50; round++)
        {
            var garbage = new byte[random.Next(1, 3000)];
            random.NextBytes(garbage);
            Expect((byte[])[.. whole.AsSpan(0, _ends[^1]), .. garbage], Appends);
        }
    }

    [Fact]
    public void A_file_of_garbage_never_was_a_segment()
    {
        Write();
        var garbage = new byte[100_000];
        new Random(2).NextBytes(garbage);
        File.WriteAllBytes(_journal.Journal(2), garbage);
        Assert.Equal(Appends * RecordsEach, _journal.Open().Records);
        Assert.True(_journal.Options.Folder.WasTaken(3));
    }

    [Fact]
    public void A_file_of_another_segment_is_noticed()
    {
        var whole = Write();
        File.WriteAllBytes(_journal.Journal(2), whole);
        var exception = Assert.Throws<DamagedJournalException>(() => _journal.Open());
        Assert.Contains("another one's file", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_in_the_middle_is_noticed_by_whoever_reads_the_history()
    {
        Write();
        _journal.Open();

        File.Delete(_journal.Journal(1));
        Assert.ThrowsAny<IOException>(() => _journal.CountHistory());
    }

    [Fact]
    public void A_history_that_lost_its_end_to_a_later_segment_is_noticed()
    {
        var whole = Write();
        _journal.Open();

        File.WriteAllBytes(_journal.Journal(1), whole.AsSpan(0, _ends[^2]));
        var exception = Assert.Throws<DamagedJournalException>(() => _journal.CountHistory());
        Assert.Contains($"acknowledged up to byte {_ends[^1]}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_that_match_but_make_no_sense_are_damage_too()
    {
        var whole = Write();
        using var line = new MemoryStream();
        JournalLine.Write(line, [new Added("name", 0)], SumsJson.Default.IReadOnlyListAdded);
        Assert.Contains("adds nothing", (Fail((byte[])[.. whole.AsSpan(0, _ends[^1]), .. line.ToArray()], isReadable: true)).Message, StringComparison.Ordinal);

        var noRecord = System.Text.Encoding.ASCII.GetBytes("""[{"taken":"everything"}]""");
        byte[] strange = [.. System.Text.Encoding.ASCII.GetBytes($"{JournalLine.Crc32C(noRecord):x8} "), .. noRecord, (byte)'\n'];
        Assert.Contains("another version", (Fail((byte[])[.. whole.AsSpan(0, _ends[^1]), .. strange], isReadable: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_check_is_CRC_32C() => Assert.Equal(0xe3069283, JournalLine.Crc32C("123456789"u8));

    private static (string File, long At) Place(DamagedJournalException damage) => (damage.File, damage.At);

    private byte[] Write()
    {
        _ends.AddRange(_journal.Write(Appends, RecordsEach));
        Assert.Equal(Appends + 1, _ends.Count);
        return File.ReadAllBytes(_journal.Journal(1));
    }

    /// <summary>So many appends were acknowledged. The files of whoever opens it are removed again, so that the next one sees the same.</summary>
    private void Expect(ReadOnlySpan<byte> content, int appends)
    {
        File.WriteAllBytes(_journal.Journal(1), content);
        _journal.Confirm(1, _ends[appends]);
        Assert.Equal(appends * RecordsEach, _journal.Open().Records);
        Assert.Equal(appends * RecordsEach, _journal.CountHistory());
        File.Delete(_journal.Journal(2));
        File.Delete(_journal.Confirmed(2));
    }

    private DamagedJournalException Fail(ReadOnlySpan<byte> content, bool isReadable = false)
    {
        File.WriteAllBytes(_journal.Journal(1), content);
        var exception = Assert.Throws<DamagedJournalException>(() => _journal.Open());
        if (!isReadable)
        {
            Assert.Throws<DamagedJournalException>(() => _journal.CountHistory());
            Assert.Throws<DamagedJournalException>(() => JournalHistory.Check(_journal.Options, Token));
        }

        File.Delete(_journal.Journal(2));
        return exception;
    }
}
