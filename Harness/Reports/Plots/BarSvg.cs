using System.Xml.Linq;

namespace Lab.Harness.Reports.Plots;

/// <summary>Draws a <see cref="BarPlot"/>: labels above their bars, so that long names need no room beside them.</summary>
public static class BarSvg
{
    private const double Width = 470;
    private const double Left = 4;
    private const double Top = 4;
    private const double LabelHeight = 20;
    private const double BarHeight = 15;
    private const double BarGap = 3;
    private const double RowGap = 10;
    private const double AxisHeight = 24;

    public static string Render(BarPlot plot)
    {
        var values = plot.Rows.SelectMany(row => row.Values);
        var right = Width - 16 - values.Select(value => Svg.TextWidth(value)).DefaultIfEmpty(0).Max();
        var bottom = Top + plot.Rows.Sum(row => RowHeight(plot, row) + RowGap);
        var content = new List<XElement>();
        content.AddRange(Axis(plot, right, bottom));
        var y = Top;
        foreach (var row in plot.Rows)
        {
            content.Add(Svg.Text(Left, y + 12, Svg.Fit(row.Label, Width - Left), "label"));
            content.AddRange(plot.IsStacked ? Stack(plot, row, right, y + LabelHeight) : Bars(plot, row, right, y + LabelHeight));
            y += RowHeight(plot, row) + RowGap;
        }

        return Svg.Render(plot.Id, plot.Title, plot.Description, Width, bottom + AxisHeight, content);
    }

    private static double RowHeight(BarPlot plot, BarRow row) =>
        LabelHeight + (plot.IsStacked ? BarHeight : (row.Bars.Count * (BarHeight + BarGap)) - BarGap);

    private static double XAt(BarPlot plot, double value, double right) => Left + (plot.X.Position(value) * (right - Left));

    private static IEnumerable<XElement> Axis(BarPlot plot, double right, double bottom)
    {
        var free = double.NegativeInfinity;
        foreach (var tick in plot.X.Ticks)
        {
            var x = XAt(plot, tick.Value, right);
            yield return Svg.Path(Svg.Line([(x, Top + LabelHeight), (x, bottom)]), "grid");
            var half = tick.Value == 0 ? 0 : Svg.TextWidth(tick.Text) / 2;
            if (x - half > free)
            {
                yield return Svg.Text(x, bottom + 16, tick.Text, tick.Value == 0 ? "tick" : "tick middle");
                free = x + half + 10;
            }
        }
    }

    private static IEnumerable<XElement> Bars(BarPlot plot, BarRow row, double right, double y)
    {
        for (var index = 0; index < row.Bars.Count; index++)
        {
            var bar = row.Bars[index];
            var (end, middle) = (XAt(plot, bar.Value, right), y + (BarHeight / 2));
            yield return Svg.Rectangle(Left, y, end - Left, BarHeight, $"bar {Svg.Class(bar.Style, bar.Kind)}", bar.Tip);
            if (bar.Ci95 > 0)
            {
                var (low, high) = (XAt(plot, bar.Value - bar.Ci95, right), XAt(plot, bar.Value + bar.Ci95, right));
                yield return Svg.Path(
                    $"M{Svg.N(low)} {Svg.N(middle)}H{Svg.N(high)}"
                        + $"M{Svg.N(low)} {Svg.N(middle - 3)}v6M{Svg.N(high)} {Svg.N(middle - 3)}v6",
                    "interval over");
                end = Math.Max(end, high);
            }

            yield return Svg.Text(end + 6, middle + 4, row.Values[index], "value");
            y += BarHeight + BarGap;
        }
    }

    private static IEnumerable<XElement> Stack(BarPlot plot, BarRow row, double right, double y)
    {
        double sum = 0;
        foreach (var part in row.Bars)
        {
            var (from, to) = (XAt(plot, sum, right), XAt(plot, sum + part.Value, right));
            yield return Svg.Rectangle(from, y, to - from, BarHeight, $"bar part {Svg.Class(part.Style, part.Kind)}", part.Tip);
            sum += part.Value;
        }

        yield return Svg.Text(XAt(plot, sum, right) + 6, y + (BarHeight / 2) + 4, row.Values[0], "value");
    }
}
