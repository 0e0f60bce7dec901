using System.Globalization;
using System.Xml.Linq;
using Lab.Harness.Archive;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Reports.Plots;

namespace Lab.Tests.Unit.Reports;

public class SpaceTimeSvgTests
{
    private static readonly MessageTrace Trace = new(
        ["one", "two & <three>", "three"],
        [new TracedMessage("poll", 0, 1, 0, 300), new TracedMessage("reading", 1, 0, 310, 900)],
        [new TracedEvent("+1 s", 1, 950), new TracedEvent("at the very end, with a name that is long", 2, 1_000)]);

    [Fact]
    public void Every_process_message_and_event_is_drawn_inside_its_box()
    {
        var drawing = XDocument.Parse(SpaceTimeSvg.Render("t", "Messages", Trace)).Root!;

        Assert.Equal(2, Elements(drawing, "path", "message").Count());
        Assert.Equal(3, Elements(drawing, "path", "axis").Count());
        Assert.Equal(2, Elements(drawing, "path", "mark").Count());
        Assert.Contains(drawing.Descendants("text"), text => text.Value == "two & <three>");
        Assert.Contains(drawing.Descendants("title"), title => title.Value.StartsWith("one to two & <three>: poll, 300", StringComparison.Ordinal));
        var box = drawing.Attribute("viewBox")!.Value.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToList();
        Assert.All(drawing.Descendants("text"), text => Assert.InRange(double.Parse(text.Attribute("x")!.Value, CultureInfo.InvariantCulture), 0, box[2]));
        Assert.DoesNotContain("NaN", drawing.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_without_duration_has_its_arrow() =>
        Assert.DoesNotContain(
            "NaN",
            SpaceTimeSvg.Render("t", "Messages", new MessageTrace(["one", "two"], [new TracedMessage("poll", 0, 1, 0, 0)], [])),
            StringComparison.Ordinal);

    [Fact]
    public void Of_several_iterations_the_first_that_has_messages_is_kept()
    {
        var metric = new MetricInfo
        {
            Name = "messages",
            Kind = MetricKind.Trace,
            Unit = MetricUnit.Microseconds,
            Heading = "messages",
            Label = "messages",
            Explanation = "what is said",
        };
        var totals = new MetricTotals();
        totals.Add([new TraceSample(metric, new MessageTrace(["one"], [], []))]);
        totals.Add([new TraceSample(metric, Trace)]);
        totals.Add([new TraceSample(metric, new MessageTrace(["later"], Trace.Messages, []))]);

        Assert.Same(Trace, Assert.IsType<TraceFigure>(Assert.Single(totals.ToFigures())).Trace);
    }

    private static IEnumerable<XElement> Elements(XElement drawing, string name, string cssClass) =>
        drawing.Descendants(name).Where(element => (element.Attribute("class")?.Value ?? "").Split(' ').Contains(cssClass));
}
