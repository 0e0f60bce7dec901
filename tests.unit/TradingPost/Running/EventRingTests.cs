using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;

namespace Lab.Tests.Unit.TradingPost.Running;

public class EventRingTests
{
    private static readonly PeerEvent Started = new(PeerEventKind.Started, 0);

    private readonly EventRing _ring = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_are_numbered_and_come_once_to_who_asks_for_those_after_the_last()
    {
        for (var number = 1; number <= 5; number++)
        {
            Assert.Equal(number, _ring.Add(number, 0, Started).Number);
        }

        Assert.Equal([1L, 2, 3, 4, 5], (await AfterAsync(0)).Select(happened => happened.Number));
        Assert.Equal([4L, 5], (await AfterAsync(3)).Select(happened => happened.Number));
        Assert.Empty(await AfterAsync(5));
        Assert.Empty(await AfterAsync(99));
    }

    [Fact]
    public async Task Who_waits_gets_the_next_event()
    {
        var waiting = _ring.AfterAsync(0, TimeSpan.FromMinutes(1), Token);
        Assert.False(waiting.IsCompleted);
        _ring.Add(1, 2, what: null, "killed");
        Assert.Equal("killed", Assert.Single(await waiting).Done);
        Assert.Empty(await _ring.AfterAsync(1, TimeSpan.FromMilliseconds(1), Token));
    }

    [Fact]
    public async Task The_oldest_are_forgotten_and_numbers_show_it()
    {
        for (var number = 1; number <= 70_000; number++)
        {
            _ring.Add(number, 0, Started);
        }

        var known = await AfterAsync(0);
        Assert.Equal((EventRing.Capacity, 70_000L), (known.Count, known[^1].Number));
        Assert.Equal(70_000 - EventRing.Capacity + 1, known[0].Number);
        Assert.Equal([69_999L, 70_000], (await AfterAsync(69_998)).Select(happened => happened.Number));
    }

    private Task<IReadOnlyList<MarketEvent>> AfterAsync(long number) => _ring.AfterAsync(number, TimeSpan.Zero, Token);
}
