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
        var area = new PlotArea(plot, Left, Top, Right, Bottom);
        var content = new List<XElement>();
        content.AddRange(area.Axes());
        foreach (var column in plot.Columns.Where(column => column.Count > 0))
        {
            var (from, to, y) = (area.X(column.From), area.X(column.To), area.Y(column.Count));
            content.Add(Svg.Rectangle(from, y, to - from, Bottom - y, $"bar part {Svg.Class(plot.Style, LineKind.Measured)}", column.Tip));
        }

        if (plot.Published is { } range)
        {
            var (from, to) = (area.X(range.From), area.X(range.To));
            content.Add(Svg.Rectangle(from, Top, to - from, Bottom - Top, "range", range.Label));
            content.Add(Svg.Text(to, Top - 8, range.Label, "label end"));
        }

        return Svg.Render(plot.Id, plot.Title, plot.Description, Width, Height, content);
    }
}
