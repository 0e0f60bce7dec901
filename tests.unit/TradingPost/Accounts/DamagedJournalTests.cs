using Lab.TradingPost.Accounts;
using Lab.TradingPost.Accounts.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.TradingPost.Accounts;

/// <summary>What is left of a journal after a crash, and what no crash can leave.</summary>
public sealed class DamagedJournalTests : IDisposable
{
    private const int Appends = 4;
    private const int RecordsEach = 3;

    private readonly JournalFolderOfATest _folder = new();
    private readonly List<int> _ends = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cut_off_anywhere_it_has_the_whole_lines_before()
    {
        var whole = await WriteAsync();
        for (var length = _ends[0]; length <= _ends[^1]; length++)
        {
            await ExpectAsync(whole.AsMemory(0, length), _ends.Count(end => end <= length) - 1);
        }
    }

    [Fact]
    public async Task A_last_line_of_which_any_part_never_reached_the_disk_is_not_there()
    {
        var whole = await WriteAsync();
        for (var (from, to) = (_ends[^2], _ends[^1]); from < to; from++)
        {
            var torn = whole.ToArray();
            torn.AsSpan(from, Math.Min(64, to - from)).Clear();
            await ExpectAsync(torn, Appends - 1);
        }
    }

    /// <summary>Nobody was told of it: that is how a crash in the middle of a write looks.</summary>
    [Fact]
    public async Task Any_changed_bit_in_a_last_line_that_was_not_acknowledged_takes_that_line_away()
    {
        var whole = await WriteAsync();
        for (var at = _ends[^2]; at < _ends[^1]; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            await ExpectAsync(changed, Appends - 1);
        }
    }

    [Fact]
    public async Task Any_changed_bit_before_the_last_line_is_damage_that_is_told()
    {
        var whole = await WriteAsync();
        for (var at = 0; at < _ends[^2] - 1; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            Assert.Contains("is damaged at byte", (await FailAsync(changed)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Any_changed_bit_in_a_last_line_that_was_acknowledged_is_damage_that_is_told()
    {
        var whole = await WriteAsync();
        for (var at = _ends[^2]; at < _ends[^1]; at++)
        {
            var changed = whole.ToArray();
            changed[at] ^= 1;
            Assert.Equal((_folder.Journal(1), _ends[^2]), Place(await FailAsync(changed)));
        }
    }

    [Fact]
    public async Task An_end_that_was_acknowledged_and_is_cut_off_is_damage_that_is_told()
    {
        var whole = await WriteAsync();
        for (var length = 0; length < _ends[^1]; length += 7)
        {
            Assert.Equal((_folder.Journal(1), _ends.Where(end => end <= length).Append(0).Max()), Place(await FailAsync(whole.AsMemory(0, length))));
        }
    }

    [Fact]
    public async Task An_end_that_was_acknowledged_and_reads_as_zeros_is_damage_that_is_told()
    {
        var whole = await WriteAsync();
        for (var from = 0; from < _ends[^1]; from += 3)
        {
            var lost = whole.ToArray();
            lost.AsSpan(from).Clear();
            Assert.Equal((_folder.Journal(1), _ends.Where(end => end <= from).Append(0).Max()), Place(await FailAsync(lost)));
        }
    }

    [Fact]
    public async Task A_last_file_that_is_gone_is_damage_and_its_term_is_not_given_again()
    {
        await WriteAsync();
        File.Delete(_folder.Journal(1));
        await using var accounts = Open();
        Assert.Equal((_folder.Journal(1), 0L), Place(await Assert.ThrowsAsync<DamagedJournalException>(() => accounts.ClaimAsync(1, Token))));
        Assert.False(File.Exists(_folder.Journal(1)));
        Assert.True(File.Exists(_folder.Journal(2)));
    }

    /// <summary>Whoever stands again and again must not fill the disk with terms that never begin.</summary>
    [Fact]
    public async Task A_damaged_journal_costs_a_claimant_one_term_and_goes_on_when_it_is_whole_again()
    {
        var whole = await WriteAsync();
        await File.WriteAllBytesAsync(_folder.Journal(1), whole.AsMemory(0, _ends[^2]), Token);
        await using var accounts = Open();
        for (var attempt = 0; attempt < 20; attempt++)
        {
            await Assert.ThrowsAsync<DamagedJournalException>(() => accounts.ClaimAsync(1, Token));
        }

        Assert.Equal(2, Directory.GetFiles(_folder.Path, "*.journal").Length);
        await File.WriteAllBytesAsync(_folder.Journal(1), whole, Token);
        var claimed = await accounts.ClaimAsync(1, Token);
        Assert.Equal((3L, Appends * (long)RecordsEach), (claimed.Term, claimed.Ledger.Records));
    }

    [Fact]
    public async Task Word_of_what_was_acknowledged_that_nobody_can_read_is_damage_and_none_is_not()
    {
        await WriteAsync();
        await File.WriteAllTextAsync(_folder.Confirmed(1), "what was this?", Token);
        await using var accounts = Open();
        Assert.Equal((_folder.Confirmed(1), 0L), Place(await Assert.ThrowsAsync<DamagedJournalException>(() => accounts.ClaimAsync(1, Token))));

        // As a machine leaves it that lost power before it was on the disk.
        await File.WriteAllBytesAsync(_folder.Confirmed(1), new byte[40], Token);
        Assert.Equal(Appends * RecordsEach, (await accounts.ClaimAsync(1, Token)).Ledger.Records);
    }

    /// <summary>A sector that is lost takes the newline before the next line with it.</summary>
    [Fact]
    public async Task A_hole_in_the_middle_is_damage_that_is_told()
    {
        var whole = await WriteAsync();
        for (var at = 0; at < _ends[^2] - 64; at += 5)
        {
            var holed = whole.ToArray();
            holed.AsSpan(at, 64).Clear();
            Assert.Contains("is damaged at byte", (await FailAsync(holed)).Message, StringComparison.Ordinal);
        }

        var upToTheLast = whole.ToArray();
        upToTheLast.AsSpan(_ends[^2] - 64, 64).Clear();
        Assert.Contains("is damaged at byte", (await FailAsync(upToTheLast)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_behind_the_last_line_is_nothing()
    {
        var whole = await WriteAsync();
        var random = new Random(1);
        for (var round = 0; round < 50; round++)
        {
            var garbage = new byte[random.Next(1, 3000)];
            random.NextBytes(garbage);
            await ExpectAsync((byte[])[.. whole.AsSpan(0, _ends[^1]), .. garbage], Appends);
        }
    }

    [Fact]
    public async Task A_file_of_garbage_never_was_a_term()
    {
        await WriteAsync();
        var garbage = new byte[100_000];
        new Random(2).NextBytes(garbage);
        await File.WriteAllBytesAsync(_folder.Journal(2), garbage, Token);
        await using var accounts = Open();
        var claimed = await accounts.ClaimAsync(1, Token);
        Assert.Equal(3, claimed.Term);
        Assert.Equal(Appends * RecordsEach, claimed.Ledger.Records);
    }

    [Fact]
    public async Task A_file_of_another_term_is_noticed()
    {
        var whole = await WriteAsync();
        await File.WriteAllBytesAsync(_folder.Journal(2), whole, Token);
        await using var accounts = Open();
        var exception = await Assert.ThrowsAsync<DamagedJournalException>(() => accounts.ClaimAsync(1, Token));
        Assert.Contains("another one's file", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_in_the_middle_is_noticed_by_whoever_reads_the_history()
    {
        await WriteAsync();
        await using (var accounts = Open())
        {
            await accounts.ClaimAsync(1, Token);
        }

        File.Delete(_folder.Journal(1));
        Assert.ThrowsAny<IOException>(() => JournalHistory.Read(_folder.Path).Count());
    }

    [Fact]
    public async Task A_history_that_lost_its_end_to_a_later_term_is_noticed()
    {
        var whole = await WriteAsync();
        await using (var accounts = Open())
        {
            await accounts.ClaimAsync(1, Token);
        }

        await File.WriteAllBytesAsync(_folder.Journal(1), whole.AsMemory(0, _ends[^2]), Token);
        var exception = Assert.Throws<DamagedJournalException>(() => JournalHistory.Read(_folder.Path).Count());
        Assert.Contains($"acknowledged up to byte {_ends[^1]}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_that_match_but_make_no_sense_are_damage_too()
    {
        var whole = await WriteAsync();
        using var line = new MemoryStream();
        JournalLine.Write(line, [new Lab.TradingPost.Market.Joined(7, Session: 9, Nonce: 1)], AccountsJson.Default.IReadOnlyListAccountRecord);
        Assert.Contains("session 0 is the last", (await FailAsync((byte[])[.. whole.AsSpan(0, _ends[^1]), .. line.ToArray()], isReadable: true)).Message, StringComparison.Ordinal);

        var noRecord = System.Text.Encoding.ASCII.GetBytes("""[{"type":"unheard-of"}]""");
        byte[] strange = [.. System.Text.Encoding.ASCII.GetBytes($"{JournalLine.Crc32C(noRecord):x8} "), .. noRecord, (byte)'\n'];
        Assert.Contains("another version", (await FailAsync((byte[])[.. whole.AsSpan(0, _ends[^1]), .. strange], isReadable: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_check_is_CRC_32C() => Assert.Equal(0xe3069283, JournalLine.Crc32C("123456789"u8));

    private static (string File, long At) Place(DamagedJournalException damage) => (damage.File, damage.At);

    private FileAccounts Open() => new(_folder.Path, 1000, NullLogger.Instance);

    private async Task<byte[]> WriteAsync()
    {
        await using (var accounts = Open())
        {
            var market = new SampleMarket(await accounts.ClaimAsync(0, Token));
            for (var append = 0; append < Appends; append++)
            {
                await accounts.AppendAsync(market.Records(RecordsEach), Token);
            }
        }

        var whole = await File.ReadAllBytesAsync(_folder.Journal(1), Token);
        for (var at = 0; at < whole.Length; at++)
        {
            if (whole[at] == '\n')
            {
                _ends.Add(at + 1);
            }
        }

        Assert.Equal(Appends + 1, _ends.Count);
        return whole;
    }

    /// <summary>So many appends were acknowledged. The claim's own files are removed again, so that the next one sees the same.</summary>
    private async Task ExpectAsync(ReadOnlyMemory<byte> content, int appends)
    {
        await File.WriteAllBytesAsync(_folder.Journal(1), content, Token);
        _folder.Confirm(1, _ends[appends]);
        await using var accounts = Open();
        Assert.Equal(appends * RecordsEach, (await accounts.ClaimAsync(1, Token)).Ledger.Records);
        Assert.Equal(appends * RecordsEach, JournalHistory.Read(_folder.Path).Count(entry => entry.Record is not null));
        File.Delete(_folder.Journal(2));
        File.Delete(_folder.Confirmed(2));
    }

    private async Task<DamagedJournalException> FailAsync(ReadOnlyMemory<byte> content, bool isReadable = false)
    {
        await File.WriteAllBytesAsync(_folder.Journal(1), content, Token);
        await using var accounts = Open();
        var exception = await Assert.ThrowsAsync<DamagedJournalException>(() => accounts.ClaimAsync(1, Token));
        if (!isReadable)
        {
            Assert.Throws<DamagedJournalException>(() => JournalHistory.Read(_folder.Path).Count());
            Assert.Throws<DamagedJournalException>(() => JournalHistory.Check(_folder.Path, Token));
        }

        File.Delete(_folder.Journal(2));
        return exception;
    }
}
