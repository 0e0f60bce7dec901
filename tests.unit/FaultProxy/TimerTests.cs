using Lab.FaultProxy.Timing;

namespace Lab.Tests.Unit.FaultProxy;

public sealed class TimerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Heap_hands_out_timers_in_the_order_of_their_due_times_through_any_changes()
    {
        var random = new Random(1);
        var heap = new TimerHeap();
        var timers = Enumerable.Range(0, 500).Select(_ => new DelayTimer(_ => { })).ToList();
        var expected = new Dictionary<DelayTimer, long>();
        for (var change = 0; change < 5000; change++)
        {
            var timer = timers[random.Next(timers.Count)];
            if (random.Next(4) == 0)
            {
                heap.Remove(timer);
                expected.Remove(timer);
            }
            else
            {
                var dueNs = random.Next(1000);
                heap.Set(timer, dueNs);
                expected[timer] = dueNs;
            }

            Assert.Equal(expected.Count, heap.Count);
            Assert.Equal(expected.Count == 0 ? long.MaxValue : expected.Values.Min(), heap.NextDueNs);
        }

        var popped = new List<long>();
        while (heap.PopDue(nowNs: 1000) is { } timer)
        {
            Assert.True(expected.Remove(timer, out var dueNs));
            popped.Add(dueNs);
        }

        Assert.Empty(expected);
        Assert.Equal(popped.Order(), popped);
    }

    [Fact]
    public void Heap_keeps_timers_that_are_not_due()
    {
        var heap = new TimerHeap();
        heap.Set(new DelayTimer(_ => { }), dueNs: 11);

        Assert.Null(heap.PopDue(nowNs: 10));
        Assert.NotNull(heap.PopDue(nowNs: 11));
        Assert.Null(heap.PopDue(long.MaxValue));
    }

    public static TheoryData<bool> Portable => [false, true];

    [Theory]
    [MemberData(nameof(Portable))]
    public async Task Thread_calls_timers_in_order_and_never_early(bool portable)
    {
        using var thread = Start(portable);
        var startNs = MonotonicClock.NowNs;
        var calls = new List<(int Ms, long AtNs)>();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var ms in new[] { 30, 10, 20, 1 })
        {
            var timer = new DelayTimer(_ =>
            {
                calls.Add((ms, MonotonicClock.NowNs));
                if (calls.Count == 4)
                {
                    all.SetResult();
                }
            });
            thread.Set(timer, startNs + (ms * MonotonicClock.NsPerMs));
        }

        await all.Task.WaitAsync(Patience);
        Assert.Equal([1, 10, 20, 30], calls.Select(call => call.Ms));
        Assert.All(calls, call => Assert.True(call.AtNs - startNs >= call.Ms * MonotonicClock.NsPerMs));
    }

    [Theory]
    [MemberData(nameof(Portable))]
    public async Task Thread_that_sleeps_wakes_for_a_timer_that_is_set_earlier(bool portable)
    {
        using var thread = Start(portable);
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        thread.Set(new DelayTimer(_ => { }), MonotonicClock.NowNs + (3600 * MonotonicClock.NsPerSecond));
        await Task.Delay(20);

        thread.Set(new DelayTimer(_ => called.SetResult()), MonotonicClock.NowNs + MonotonicClock.NsPerMs);

        await called.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Thread_forgets_a_timer_that_was_taken_out()
    {
        using var thread = new TimerThread();
        var called = false;
        var later = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var removed = new DelayTimer(_ => called = true);
        var dueNs = MonotonicClock.NowNs + (20 * MonotonicClock.NsPerMs);
        thread.Set(removed, dueNs);

        thread.Set(removed, long.MaxValue);
        thread.Set(new DelayTimer(_ => later.SetResult()), dueNs + 1);

        await later.Task.WaitAsync(Patience);
        Assert.False(called);
    }

    [Fact]
    public void Thread_that_has_ended_ignores_timers()
    {
        var thread = new TimerThread();
        thread.Dispose();

        Assert.Null(Record.Exception(() => thread.Set(new DelayTimer(_ => { }), dueNs: 0)));
    }

    private static TimerThread Start(bool portable) => new(portable ? new PortableSleeper() : Sleeper.Create());
}
