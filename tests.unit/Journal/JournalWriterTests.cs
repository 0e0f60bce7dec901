using System.Collections.Concurrent;
using Lab.Journal;

namespace Lab.Tests.Unit.Journal;

/// <summary>Many callers, one line: what was told to be durable is there, once, whatever ends the writer.</summary>
public sealed class JournalWriterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly JournalOfATest _journal = new();
    private readonly List<Added> _committed = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _journal.Dispose();

    [Fact]
    public async Task What_many_append_at_once_is_there_once_in_the_order_in_which_it_was_committed()
    {
        const int Callers = 20;
        const int Each = 50;
        await using (var writer = await OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(
                async () =>
                {
                    for (var number = 1; number <= Each; number++)
                    {
                        var record = new Added($"caller {caller}", number);
                        await writer.AppendAsync(record);
                        lock (_committed)
                        {
                            Assert.Contains(record, _committed);
                        }
                    }
                },
                Token)));
            Assert.Equal(Callers * Each, writer.State.Records);
        }

        Assert.Equal(_committed, JournalHistory.Read(_journal.Options).Where(entry => !entry.IsStart).Select(entry => entry.Record));
        Assert.Equal(Callers * Each, _committed.Distinct().Count());
        await using var next = await OpenAsync();
        Assert.Equal(Callers, next.State.ByName.Count);
        Assert.All(next.State.ByName.Values, sum => Assert.Equal(Each * (Each + 1) / 2, sum));
    }

    [Fact]
    public async Task What_waits_is_one_line()
    {
        using var blocked = new ManualResetEventSlim();
        await using (var writer = await OpenAsync((_, _) => blocked.Wait(Token)))
        {
            var appends = new List<Task> { writer.AppendAsync(new Added("first", 1)) };
            await UntilAsync(() => _committed.Count == 1);
            appends.AddRange(Enumerable.Range(1, 100).Select(number => writer.AppendAsync(new Added("waits", number))));
            blocked.Set();
            await Task.WhenAll(appends).WaitAsync(Patience, Token);
        }

        Assert.Equal(3, File.ReadAllBytes(_journal.Journal(1)).Count(value => value == '\n'));
    }

    [Fact]
    public async Task More_than_may_wait_are_refused_and_those_that_wait_are_written()
    {
        using var blocked = new ManualResetEventSlim();
        await using var writer = await OpenAsync((_, _) => blocked.Wait(Token));
        var appends = new List<Task> { writer.AppendAsync(new Added("first", 1)) };
        await UntilAsync(() => _committed.Count == 1);
        appends.AddRange(Enumerable.Range(0, JournalWriter<Sums, Added>.MostWaiting).Select(_ => writer.AppendAsync(new Added("waits", 1))));
        await Assert.ThrowsAsync<JournalBusyException>(() => writer.AppendAsync(new Added("refused", 1)));
        blocked.Set();
        await Task.WhenAll(appends).WaitAsync(Patience, Token);
        Assert.Equal(JournalWriter<Sums, Added>.MostWaiting, writer.State.ByName["waits"]);
        Assert.False(writer.State.ByName.ContainsKey("refused"));
    }

    [Fact]
    public async Task A_record_that_cannot_follow_is_refused_alone()
    {
        await using (var writer = await OpenAsync())
        {
            var appends = new[] { 1, 0, 2, -1, 3 }.Select(amount => writer.AppendAsync(new Added("name", amount))).ToList();
            await Assert.ThrowsAsync<InvalidOperationException>(() => appends[1]);
            await Assert.ThrowsAsync<InvalidOperationException>(() => appends[3]);
            await Task.WhenAll(appends[0], appends[2], appends[4]);
        }

        Assert.Equal([1, 2, 3], _committed.Select(record => record.Amount));
        Assert.Equal(6, _journal.Open().ByName["name"]);
    }

    /// <summary>If it went on there, it would wait for itself.</summary>
    [Fact]
    public async Task Whoever_is_told_does_not_go_on_in_the_writer()
    {
        await using var writer = await OpenAsync();
        var first = writer.AppendAsync(new Added("name", 1));
        var second = first.ContinueWith(
            _ => writer.AppendAsync(new Added("name", 2)).Wait(Patience, Token), Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Assert.True(await second.WaitAsync(Patience, Token));
    }

    [Fact]
    public async Task Whoever_is_followed_by_another_one_is_fenced_with_all_that_wait_and_lost_nothing_that_was_acknowledged()
    {
        const int Callers = 10;
        var acknowledged = new ConcurrentBag<Added>();
        await using var writer = await OpenAsync();
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(
            async () =>
            {
                for (var number = 1; ; number++)
                {
                    var record = new Added($"caller {caller}", number);
                    await writer.AppendAsync(record);
                    acknowledged.Add(record);
                }
            },
            Token)).ToList();
        await UntilAsync(() => acknowledged.Count > 100);
        await using var next = await JournalWriter.OpenAsync(_journal.Options, (_, _, _) => { }, Token);
        foreach (var caller in callers)
        {
            await Assert.ThrowsAsync<FencedException>(() => caller.WaitAsync(Patience, Token));
        }

        await Assert.ThrowsAsync<FencedException>(() => writer.AppendAsync(new Added("later", 1)));
        Assert.IsType<FencedException>(await writer.Failed);
        var history = JournalHistory.Read(_journal.Options).Select(entry => entry.Record).ToHashSet();
        Assert.All(acknowledged, record => Assert.Contains(record, history));
        Assert.Equal(history.Count - 1, next.State.Records);
        Assert.Empty(_committed.Except(acknowledged));
        await next.AppendAsync(new Added("next", 1));
    }

    [Fact]
    public async Task When_the_disk_fails_all_that_wait_and_come_later_fail_and_what_is_in_memory_is_what_is_durable()
    {
        using var blocked = new ManualResetEventSlim();
        await using var writer = await OpenAsync((_, _) => blocked.Wait(Token));
        var durable = writer.AppendAsync(new Added("durable", 1));
        await UntilAsync(() => _committed.Count == 1);
        File.Delete(_journal.Journal(1));
        var waiting = Enumerable.Range(1, 10).Select(number => writer.AppendAsync(new Added("waits", number))).ToList();
        blocked.Set();
        await durable;
        foreach (var append in waiting.Append(writer.AppendAsync(new Added("later", 1))))
        {
            Assert.Contains("was removed", (await Assert.ThrowsAsync<IOException>(() => append.WaitAsync(Patience, Token))).Message, StringComparison.Ordinal);
        }

        Assert.IsType<IOException>(await writer.Failed);
        Assert.Equal(["durable"], writer.State.ByName.Keys);
    }

    [Fact]
    public async Task What_cannot_be_taken_in_after_it_is_durable_ends_the_writer_and_is_there_for_the_next_one()
    {
        await using (var writer = await JournalWriter.OpenAsync(_journal.Options, (_, _, _) => throw new InvalidOperationException("a defect"), Token))
        {
            Assert.Contains("a defect", (await Assert.ThrowsAsync<IOException>(() => writer.AppendAsync(new Added("name", 1)))).Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<IOException>(() => writer.AppendAsync(new Added("name", 1)));
        }

        Assert.Equal(1, _journal.Open().Records);
    }

    [Fact]
    public async Task What_was_appended_before_the_end_is_written_and_nothing_after_it()
    {
        var writer = await OpenAsync();
        var appends = Enumerable.Range(1, 1000).Select(number => writer.AppendAsync(new Added("name", number))).ToList();
        await writer.DisposeAsync();
        await Task.WhenAll(appends);
        Assert.Contains("disposed", (await Assert.ThrowsAnyAsync<Exception>(() => writer.AppendAsync(new Added("name", 1)))).Message, StringComparison.Ordinal);
        Assert.Equal(1000, _journal.Open().Records);
    }

    /// <summary>The last line was not acknowledged: any part of it may be on the disk.</summary>
    [Fact]
    public async Task Torn_anywhere_in_its_last_line_it_opens_without_it_and_goes_on()
    {
        await using (var writer = await OpenAsync())
        {
            await writer.AppendAsync(new Added("first", 1));
            await writer.AppendAsync(new Added("second", 1));
        }

        var whole = await File.ReadAllBytesAsync(_journal.Journal(1), Token);
        var ends = Enumerable.Range(0, whole.Length).Where(at => whole[at] == '\n').Select(at => at + 1).ToList();
        for (var length = ends[1]; length < ends[2]; length++)
        {
            foreach (var torn in new[] { whole[..length], [.. whole[..length], .. new byte[whole.Length - length]] })
            {
                await File.WriteAllBytesAsync(_journal.Journal(1), torn, Token);
                _journal.Confirm(1, ends[1]);
                await using (var writer = await OpenAsync())
                {
                    Assert.Equal(["first"], writer.State.ByName.Keys);
                    await writer.AppendAsync(new Added("third", 1));
                }

                Assert.Equal(["first", "third"], _journal.Open().ByName.Keys);
                foreach (var later in new[] { 2, 3 })
                {
                    File.Delete(_journal.Journal(later));
                    File.Delete(_journal.Confirmed(later));
                }
            }
        }
    }

    private Task<JournalWriter<Sums, Added>> OpenAsync(Action<Sums, IReadOnlyList<Added>>? then = null) => JournalWriter.OpenAsync(
        _journal.Options,
        (state, segment, records) =>
        {
            lock (_committed)
            {
                foreach (var record in records)
                {
                    state.Apply(record, segment);
                    _committed.Add(record);
                }
            }

            then?.Invoke(state, records);
        },
        Token);

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (!holds())
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
