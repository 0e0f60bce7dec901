using System.Xml.Linq;

namespace Lab.Harness.Reports.Plots;

/// <summary>Draws a <see cref="LinePlot"/>.</summary>
public static class LineSvg
{
    private const double Width = 470;
    private const double Height = 280;
    private const double Left = 66;
    private const double Top = 12;
    private const double Bottom = Height - 44;
    private const double LabelGap = 14;
    private const double MaxLabelRoom = 172;
    private const double KeyRoom = 22;
    private const double MarkRow = 15;

    public static string Render(LinePlot plot)
    {
        // Names of marks stand above the lines, each in a row of its own: marks are often too close to each other for less.
        var area = new PlotArea(plot, Left, Top + (plot.Marks.Count * MarkRow), Width - LabelRoom(plot), Bottom)
        {
            // Measured values do not start on the axis itself: their markers and intervals need room.
            Inset = plot.Labels == LabelPlace.LineEnds ? 16 : 0,
        };
        var content = new List<XElement>();
        content.AddRange(area.Axes());
        content.AddRange(Marks(plot, area));

        // Measured lines come last, on top of what they are compared with.
        foreach (var series in plot.Series.OrderByDescending(series => series.Kind))
        {
            content.AddRange(Line(series, area));
        }

        content.AddRange(plot.Labels == LabelPlace.LineEnds ? EndLabels(plot, area) : CornerLabels(plot, area));
        return Svg.Render(plot.Id, plot.Title, plot.Description, Width, Height, content);
    }

    private static double LabelRoom(LinePlot plot)
    {
        if (plot.Labels == LabelPlace.Corner)
        {
            return 24;
        }

        var longest = plot.Series.Select(series => Svg.TextWidth(series.Label)).DefaultIfEmpty(0).Max();
        return longest > 0 ? Math.Min(MaxLabelRoom, longest) + KeyRoom : 24;
    }

    private static IEnumerable<XElement> Marks(LinePlot plot, PlotArea area)
    {
        for (var index = 0; index < plot.Marks.Count; index++)
        {
            var mark = plot.Marks[index];
            var (x, y) = (area.X(mark.X), Top + (index * MarkRow));
            var fits = x + 5 + Svg.TextWidth(mark.Label) <= Width;
            yield return Svg.Path(Svg.Line([(x, y - 5), (x, Bottom)]), "event");
            yield return Svg.Text(fits ? x + 5 : x - 5, y + 5, mark.Label, fits ? "label" : "label end");
        }
    }

    private static IEnumerable<XElement> Line(PlotSeries series, PlotArea area)
    {
        var css = Svg.Class(series.Style, series.Kind);
        var places = series.Points.Select(point => (X: area.X(point.X), Y: area.Y(point.Y), Point: point)).ToList();
        foreach (var (x, _, point) in places.Where(place => place.Point.Ci95 > 0))
        {
            var (low, high) = (area.Y(point.Y - point.Ci95), area.Y(point.Y + point.Ci95));
            yield return Svg.Path(
                $"M{Svg.N(x)} {Svg.N(low)}V{Svg.N(high)}M{Svg.N(x - 4)} {Svg.N(low)}h8M{Svg.N(x - 4)} {Svg.N(high)}h8",
                $"interval {css}");
        }

        if (places.Count > 1)
        {
            yield return Svg.Path(Svg.Line(Thinned([.. places.Select(place => (place.X, place.Y))])), $"line {css}");
        }

        foreach (var (x, y, point) in places.Where(place => place.Point.Tip.Length > 0))
        {
            if (point.IsNoisy)
            {
                yield return Svg.Circle(x, y, 8.5, "noisy");
            }

            yield return Svg.Marker(x, y, series.Style, series.Kind, point.Tip);
        }
    }

    // Points that fall on the same spot of the drawing are drawn once: a distribution has many of them.
    private static IEnumerable<(double X, double Y)> Thinned(IReadOnlyList<(double X, double Y)> points)
    {
        var last = points[0];
        yield return last;
        for (var index = 1; index < points.Count; index++)
        {
            var point = points[index];
            if (index == points.Count - 1 || Math.Abs(point.X - last.X) + Math.Abs(point.Y - last.Y) >= 0.8)
            {
                yield return last = point;
            }
        }
    }

    private static IEnumerable<XElement> EndLabels(LinePlot plot, PlotArea area)
    {
        var labelled = plot.Series.Where(series => series.Label.Length > 0 && series.Points.Count > 0)
            .Select(series => (series, end: series.Points[^1]))
            .Select(item => (item.series, x: area.X(item.end.X), y: area.Y(item.end.Y)))
            .OrderBy(item => item.y)
            .ToList();
        var places = LabelLayout.Spread([.. labelled.Select(item => item.y)], LabelGap, area.Top, Bottom);
        for (var index = 0; index < labelled.Count; index++)
        {
            var (series, x, y) = labelled[index];
            var css = Svg.Class(series.Style, series.Kind);
            yield return Svg.Path(Svg.Line([(x + 7, y), (area.Right + 3, places[index])]), $"leader {css}");
            yield return Key(area.Right + 11, places[index], series);
            yield return Svg.Text(area.Right + KeyRoom, places[index] + 4, Svg.Fit(series.Label, Width - area.Right - KeyRoom), "label");
        }
    }

    // The sign that a line is drawn with, before its name.
    private static XElement Key(double x, double y, PlotSeries series) => series.Kind == LineKind.Limit
        ? Svg.Path(Svg.Line([(x - 7, y), (x + 7, y)]), $"line {Svg.Class(series.Style, series.Kind)}")
        : Svg.Marker(x, y, series.Style, series.Kind, "");

    private static IEnumerable<XElement> CornerLabels(LinePlot plot, PlotArea area)
    {
        var labelled = plot.Series.Where(series => series.Label.Length > 0).ToList();
        if (labelled.Count == 0)
        {
            yield break;
        }

        const double Line = LabelGap * 1.15;
        var room = Math.Min(labelled.Max(series => Svg.TextWidth(series.Label)), area.Right - Left - 60);
        var (width, height) = (room + KeyRoom + 8, (labelled.Count * Line) + 8);
        var (left, top) = FreeCorner(plot, area, width, height);
        yield return Svg.Rectangle(left, top, width, height, "backdrop", "");
        var y = top + 4 + (Line / 2);
        foreach (var series in labelled)
        {
            yield return Key(left + 11, y, series);
            yield return Svg.Text(left + KeyRoom, y + 4, Svg.Fit(series.Label, room + 6), "label");
            y += Line;
        }
    }

    // Percentile curves run from the lower left to the upper right: one of the two other corners is free, or nearly so.
    private static (double Left, double Top) FreeCorner(LinePlot plot, PlotArea area, double width, double height)
    {
        var lower = (Left: area.Right - width, Top: Bottom - height - 4);
        var upper = (Left: Left + 6, Top: area.Top);
        return Covered(upper) < Covered(lower) ? upper : lower;

        int Covered((double Left, double Top) corner) => plot.Series.SelectMany(series => series.Points).Count(point =>
            area.X(point.X) is var x && x >= corner.Left && x <= corner.Left + width
            && area.Y(point.Y) is var y && y >= corner.Top && y <= corner.Top + height);
    }
}

/// <summary>Keeps labels from covering each other.</summary>
public static class LabelLayout
{
    /// <summary>
    /// Moves places apart until neighbours are <paramref name="gap"/> apart and all lie between <paramref name="low"/> and
    /// <paramref name="high"/>; where there is not enough room for that, they share it evenly.
    /// </summary>
    /// <param name="wanted">Rising.</param>
    public static IReadOnlyList<double> Spread(IReadOnlyList<double> wanted, double gap, double low, double high)
    {
        if (wanted.Count == 0)
        {
            return [];
        }

        var step = Math.Min(gap, wanted.Count > 1 ? (high - low) / (wanted.Count - 1) : gap);
        var places = new double[wanted.Count];
        for (var index = 0; index < places.Length; index++)
        {
            places[index] = Math.Max(wanted[index], index == 0 ? low : places[index - 1] + step);
        }

        for (var index = places.Length - 1; index >= 0; index--)
        {
            places[index] = Math.Min(places[index], index == places.Length - 1 ? high : places[index + 1] - step);
        }

        return places;
    }
}
