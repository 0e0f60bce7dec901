using System.Xml.Linq;

namespace Lab.Harness.Reports.Plots;

/// <summary>Draws a <see cref="HistogramPlot"/>.</summary>
public static class HistogramSvg
{
    private const double Width = 470;
    private const double Height = 260;
    private const double Left = 48;
    private const double Right = Width - 24;
    private const double Top = 26;
    private const double Bottom = Height - 44;

    public static string Render(HistogramPlot plot)
    {
        var content = new List<XElement>();
        content.AddRange(Axes(plot));
        foreach (var column in plot.Columns.Where(column => column.Count > 0))
        {
            var (from, to, y) = (XAt(plot, column.From), XAt(plot, column.To), YAt(plot, column.Count));
            content.Add(Svg.Rectangle(from, y, to - from, Bottom - y, $"bar part {Svg.Class(plot.Style, LineKind.Measured)}", column.Tip));
        }

        if (plot.Published is { } range)
        {
            var (from, to) = (XAt(plot, range.From), XAt(plot, range.To));
            content.Add(Svg.Rectangle(from, Top, to - from, Bottom - Top, "range", range.Label));
            content.Add(Svg.Text(to, Top - 8, range.Label, "label end"));
        }

        return Svg.Render(plot.Id, plot.Title, plot.Description, Width, Height, content);
    }

    private static double XAt(HistogramPlot plot, double value) => Left + (plot.X.Position(value) * (Right - Left));

    private static double YAt(HistogramPlot plot, double value) => Bottom - (plot.Y.Position(value) * (Bottom - Top));

    private static IEnumerable<XElement> Axes(HistogramPlot plot)
    {
        foreach (var tick in plot.Y.Ticks)
        {
            var y = YAt(plot, tick.Value);
            yield return Svg.Path(Svg.Line([(Left, y), (Right, y)]), "grid");
            yield return Svg.Text(Left - 7, y + 4, tick.Text, "tick end");
        }

        yield return Svg.Path(Svg.Line([(Left, Bottom), (Right, Bottom)]), "axis");
        var free = double.NegativeInfinity;
        foreach (var tick in plot.X.Ticks)
        {
            var (x, half) = (XAt(plot, tick.Value), Svg.TextWidth(tick.Text) / 2);
            yield return Svg.Path(Svg.Line([(x, Bottom), (x, Bottom + 4)]), "axis");
            if (x - half > free)
            {
                yield return Svg.Text(x, Bottom + 18, tick.Text, "tick middle");
                free = x + half + 8;
            }
        }

        yield return Svg.Text((Left + Right) / 2, Bottom + 37, plot.XLabel, "tick middle");
    }
}
