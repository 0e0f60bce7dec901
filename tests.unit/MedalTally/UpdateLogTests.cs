using Lab.MedalTally.Tables;

namespace Lab.Tests.Unit.MedalTally;

public class UpdateLogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Changes_are_read_in_their_order_from_any_place()
    {
        var log = new UpdateLog(8);
        log.Add(Rows(1, 5));

        Assert.Equal((0, 5), (log.First, log.Last));
        Assert.Equal(Rows(1, 5), log.Read(0, 100)!);
        Assert.Equal(Rows(3, 2), log.Read(2, 2)!);
        Assert.Empty(log.Read(5, 100)!);
        Assert.Null(log.Read(6, 100));
        Assert.Null(log.Read(-1, 100));
    }

    [Fact]
    public void The_log_goes_round_and_whoever_fell_behind_further_than_it_reaches_is_told()
    {
        var log = new UpdateLog(8);
        for (var version = 1; version <= 1000; version++)
        {
            log.Add(Rows(version, 1));
            var oldest = Math.Max(0, version - 8);
            Assert.Equal((oldest, version), (log.First, log.Last));
            Assert.Equal(Rows(oldest + 1, version - oldest), log.Read(oldest, 100)!);
            Assert.Null(log.Read(oldest - 1, 100));
        }
    }

    [Fact]
    public void More_at_once_than_it_holds_leaves_the_latest()
    {
        var log = new UpdateLog(8);
        log.Add(Rows(1, 100));
        Assert.Equal((92, 100), (log.First, log.Last));
        Assert.Equal(Rows(93, 8), log.Read(92, 100)!);
    }

    [Fact]
    public void What_comes_twice_counts_once_and_a_gap_is_a_defect()
    {
        var log = new UpdateLog(8);
        log.Add(Rows(1, 4));
        log.Add(Rows(2, 5));
        Assert.Equal(Rows(1, 6), log.Read(0, 100)!);
        Assert.Throws<InvalidOperationException>(() => log.Add(Rows(8, 1)));
        Assert.Equal(Rows(1, 6), log.Read(0, 100)!);
    }

    [Fact]
    public async Task Whoever_waits_is_woken_by_the_next_change()
    {
        var log = new UpdateLog();
        var waiting = Enumerable.Range(0, 10).Select(_ => log.WaitAsync(0, Token)).ToList();
        var later = log.WaitAsync(0, Token);
        Assert.All(waiting, wait => Assert.False(wait.IsCompleted));
        log.Add(Rows(1, 1));
        await Task.WhenAll(waiting.Append(later));

        Assert.True(log.WaitAsync(0, Token).IsCompletedSuccessfully);
        Assert.False(log.WaitAsync(1, Token).IsCompleted);
    }

    [Fact]
    public async Task Whoever_waits_can_give_up()
    {
        using var givesUp = new CancellationTokenSource();
        var waiting = new UpdateLog().WaitAsync(0, givesUp.Token);
        await givesUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    /// <summary>They wait for what follows a version which this log will never see.</summary>
    [Fact]
    public async Task Whoever_waits_is_woken_when_the_log_begins_anew()
    {
        var log = new UpdateLog();
        var waiting = log.WaitAsync(0, Token);
        log.StartAfter(100);
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.Null(log.Read(0, 1));
        Assert.Empty(log.Read(100, 1)!);
        log.Add(Rows(101, 1));
        Assert.Equal(Rows(101, 1), log.Read(100, 5)!);
    }

    [Fact]
    public async Task Readers_at_their_own_pace_all_see_everything_while_it_is_written()
    {
        const int Changes = 20_000;
        var log = new UpdateLog(2 * Changes);
        var readers = Enumerable.Range(1, 4).Select(most => Task.Run(
            async () =>
            {
                var seen = new List<TallyRow>();
                while (seen.Count < Changes)
                {
                    await log.WaitAsync(seen.Count, Token);
                    seen.AddRange(log.Read(seen.Count, most * 7)!);
                }

                return seen;
            },
            Token)).ToList();
        for (var version = 1; version <= Changes; version += 5)
        {
            log.Add(Rows(version, 5));
        }

        foreach (var reader in readers)
        {
            Assert.Equal(Enumerable.Range(1, Changes), (await reader).Select(row => (int)row.Version));
        }
    }

    /// <summary>A slow reader gets what comes next or null, never what has been written over it.</summary>
    [Fact]
    public async Task A_reader_whose_place_is_written_over_meanwhile_gets_null_and_nothing_else()
    {
        var log = new UpdateLog(16);
        var writing = Task.Run(
            () =>
            {
                for (var version = 1; version <= 50_000; version++)
                {
                    log.Add(Rows(version, 1));
                }
            },
            Token);
        for (var after = 0L; !writing.IsCompleted;)
        {
            if (log.Read(after, 3) is not { } updates)
            {
                after = log.First;
                continue;
            }

            foreach (var update in updates)
            {
                Assert.Equal(++after, update.Version);
            }
        }

        await writing;
    }

    private static TallyRow[] Rows(int from, int count) =>
        [.. Enumerable.Range(from, count).Select(version => new TallyRow(RowKind.Team, 0, version, 0, 0, version))];
}
