using Lab.Coordination.Multicast;

namespace Lab.Tests.Unit.Coordination;

public class OrderedDrawTests
{
    [Fact]
    public void Every_hundredth_enters_and_the_seed_decides()
    {
        var (draw, other) = (new OrderedDraw(100), new OrderedDraw(100));
        for (var message = 1; message <= 1_050; message++)
        {
            Assert.Equal(message % 100 == 0, draw.Count(message));
        }

        Assert.Equal(Enumerable.Range(1, 10).Select(index => index * 100L), draw.Entries);
        other.Restore(draw.Counted, draw.Entries);
        Assert.Equal(draw.Draw(42), other.Draw(42));
        Assert.Empty(draw.Entries);
        Assert.Null(draw.Draw(42));
        Assert.Equal(1_050, other.Counted);
    }

    /// <summary>And all have the same chance: of 10,000 seeds each of ten gets 1000, give or take five standard deviations.</summary>
    [Fact]
    public void Seeds_next_to_each_other_draw_different_ones()
    {
        var wins = new int[10];
        for (var seed = 0; seed < 10_000; seed++)
        {
            var draw = new OrderedDraw(1);
            draw.Restore(0, Enumerable.Range(0, 10).Select(entrant => (long)entrant));
            wins[draw.Draw(seed)!.Value]++;
        }

        Assert.All(wins, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void There_is_a_bound()
    {
        var draw = new OrderedDraw(1, maxEntries: 2);
        Assert.Equal([true, true, false], new[] { draw.Count(1), draw.Count(2), draw.Count(3) });
    }
}
