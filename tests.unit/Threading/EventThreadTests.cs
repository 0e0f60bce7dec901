using System.Collections.Concurrent;
using Lab.Threading;

namespace Lab.Tests.Unit.Threading;

public class EventThreadTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_posted_is_done_in_order_by_one_thread()
    {
        var done = new List<int>();
        var threads = new HashSet<int>();
        var all = new TaskCompletionSource();
        using var thread = New();
        thread.Start();
        for (var number = 0; number < 1000; number++)
        {
            var mine = number;
            thread.Post(() =>
            {
                done.Add(mine);
                threads.Add(Environment.CurrentManagedThreadId);
                if (mine == 999)
                {
                    all.SetResult();
                }
            });
        }

        await all.Task.WaitAsync(Token);
        Assert.Equal(Enumerable.Range(0, 1000), done);
        Assert.Single(threads);
    }

    [Fact]
    public async Task What_waits_is_done_in_one_turn()
    {
        var turns = new ConcurrentQueue<int>();
        var count = 0;
        var ended = new TaskCompletionSource();
        using var thread = New(() =>
        {
            turns.Enqueue(count);
            if (count == 10)
            {
                ended.TrySetResult();
            }
        });
        for (var number = 0; number < 10; number++)
        {
            thread.Post(() => count++);
        }

        thread.Start();
        await ended.Task.WaitAsync(Token);
        Assert.Equal(10, turns.First());
    }

    [Fact]
    public async Task Others_may_fill_the_queue_and_what_must_not_be_lost_still_finds_room()
    {
        using var thread = New();
        Assert.All(Enumerable.Range(0, 4), _ => Assert.True(thread.TryPost(() => { })));
        Assert.False(thread.TryPost(() => { }));
        var done = new TaskCompletionSource();
        thread.Post(done.SetResult);
        thread.Start();
        await done.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task Timers_fire_while_nothing_is_posted_and_only_those_that_are_still_set()
    {
        var fired = new ConcurrentQueue<string>();
        var last = new TaskCompletionSource();
        using var thread = New();
        thread.Post(() =>
        {
            thread.Timers.Set("never", 3_600_000_000, () => fired.Enqueue("never"));
            thread.Timers.Set("cancelled", 1000, () => fired.Enqueue("cancelled"));
            thread.Timers.Set("anew", 1000, () => fired.Enqueue("old"));
            thread.Timers.Set("anew", 20_000, () => fired.Enqueue("anew"));
            thread.Timers.Set("first", 2000, () => fired.Enqueue("first"));
            thread.Timers.Set("last", 40_000, last.SetResult);
            thread.Timers.Cancel("cancelled");
            thread.Timers.Cancel("never set");
        });
        thread.Start();
        await last.Task.WaitAsync(Token);
        Assert.Equal(["first", "anew"], fired);
    }

    [Fact]
    public async Task A_defect_is_told()
    {
        var told = new TaskCompletionSource<Exception>();
        using var thread = new EventThread("test", 4) { Failed = told.SetResult };
        thread.Post(() => throw new InvalidOperationException("as the test wants it"));
        thread.Start();
        Assert.Equal("as the test wants it", (await told.Task.WaitAsync(Token)).Message);
    }

    private static EventThread New(Action? turnEnded = null) =>
        new("test", 4) { TurnEnded = turnEnded, Failed = exception => Assert.Fail(exception.ToString()) };
}
