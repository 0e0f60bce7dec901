using Lab.Harness.Archive;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.TradingPost;

namespace Lab.Tests.Unit.Load;

public sealed class TimelineTests
{
    [Fact]
    public void Answers_are_counted_in_the_bucket_of_their_time()
    {
        var totals = new MetricTotals();
        totals.Add(Of(new Disturbance(
            [new(-20_000, 1), new(-15_000, 300), new(-11_000, 500), new(-1, 700), new(5_000, 900), new(25_000, 20_000), new(60_000, 1)],
            [new("killed", 0), new("sold", 25_000)])));

        var timeline = Timeline(totals)!;

        Assert.Equal(10_000, timeline.BucketUs);
        Assert.Equal([-20_000, -10_000, 0, 10_000, 20_000, 30_000, 40_000, 50_000], timeline.Buckets.Select(bucket => bucket.FromUs));
        Assert.Equal([300, 100, 100, 0, 100, 0, 0, 0], timeline.Buckets.Select(bucket => bucket.RateOps));
        Assert.Equal((300, 500), (timeline.Buckets[0].P50Us!.Value, timeline.Buckets[0].P99Us!.Value));
        Assert.Equal(20_000, timeline.Buckets[4].P99Us);
        Assert.Null(timeline.Buckets[3].P50Us);
    }

    [Fact]
    public void Iterations_lie_upon_each_other()
    {
        var totals = new MetricTotals();
        foreach (var sold in new[] { 10_000.0, 14_000, 90_000 })
        {
            totals.Add(Of(new Disturbance([new(-40_000, 1), new(-35_000, 100), new(100_000, 1)], [new("killed", 0), new("sold", sold)])));
        }

        var timeline = Timeline(totals)!;

        Assert.Equal(200, timeline.Buckets[0].RateOps);
        Assert.Equal([("killed", 0, 0), ("sold", 14_000, 90_000)], timeline.Markers.Select(marker => (marker.Name, marker.AtUs, marker.LatestUs)));
    }

    [Fact]
    public void Only_the_time_in_which_all_iterations_have_answers_is_shown()
    {
        var totals = new MetricTotals();
        totals.Add(Of(new Disturbance([new(-100_000, 1), new(100_000, 1)], [new("killed", 0)])));
        totals.Add(Of(new Disturbance([new(-30_000, 1), new(60_000, 1)], [new("killed", 0)])));

        var timeline = Timeline(totals)!;

        Assert.Equal((-30_000, 50_000), (timeline.Buckets[0].FromUs, timeline.Buckets[^1].FromUs));
    }

    [Fact]
    public void A_long_change_has_wider_buckets_and_not_more_of_them()
    {
        var totals = new MetricTotals();
        totals.Add(Of(new Disturbance(
            [.. Enumerable.Range(-1000, 60_000).Select(ms => new TimedOperation(ms * 1000.0, 5))], [new("killed", 0), new("sold", 20_000_000)])));

        var timeline = Timeline(totals)!;

        Assert.Equal((100_000, -500_000, 20_400_000), (timeline.BucketUs, timeline.Buckets[0].FromUs, timeline.Buckets[^1].FromUs));
    }

    [Fact]
    public void Without_a_disturbance_or_an_answer_there_is_no_timeline()
    {
        var totals = new MetricTotals();
        totals.Add(Of(new Disturbance([], [new("killed", 0)])));

        Assert.Null(Timeline(totals));
    }

    [Fact]
    public void Parts_are_summed_up_over_iterations_in_the_order_in_which_they_came()
    {
        var totals = new MetricTotals();
        Assert.Empty(totals.ToFigures());
        totals.Add([new PhasesSample(TradingPostModule.ChangePhases, [new("late", 3000), new("early", 10)])]);
        totals.Add([new PhasesSample(TradingPostModule.ChangePhases, [new("late", 1000), new("early", 30)])]);

        var figures = Assert.IsType<PhasesFigure>(Assert.Single(totals.ToFigures())).Phases;

        Assert.Equal(["late", "early"], figures.Select(phase => phase.Name));
        Assert.Equal([2000, 20], figures.Select(phase => phase.MeanUs));
        Assert.Equal(1000, figures[0].P50Us, tolerance: 1);
        Assert.Equal(3000, figures[0].P99Us, tolerance: 3);
    }

    private static MetricSample[] Of(Disturbance disturbance) => [new SeriesSample(TradingPostModule.ChangeCourse, disturbance)];

    private static Timeline? Timeline(MetricTotals totals) => totals.ToFigures().Cast<SeriesFigure>().SingleOrDefault()?.Timeline;
}
