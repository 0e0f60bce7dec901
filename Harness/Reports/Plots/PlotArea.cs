using System.Xml.Linq;

namespace Lab.Harness.Reports.Plots;

/// <summary>Where the values of a plot lie in its drawing, in pixels.</summary>
/// <param name="plot">Has the scales.</param>
/// <param name="left">Where the x axis begins.</param>
/// <param name="top">Where the y axis ends.</param>
/// <param name="right">Where the x axis ends.</param>
/// <param name="bottom">Where the x axis lies.</param>
internal sealed class PlotArea(AxesPlot plot, double left, double top, double right, double bottom)
{
    public double Top => top;

    public double Right => right;

    /// <summary>Kept free at both ends of the x axis.</summary>
    public double Inset { get; init; }

    public double X(double value) => left + Inset + (plot.X.Position(value) * (right - left - (2 * Inset)));

    public double Y(double value) => bottom - (plot.Y.Position(value) * (bottom - top));

    /// <summary>Both axes with their ticks; names of ticks that would cover each other are left out.</summary>
    public IEnumerable<XElement> Axes()
    {
        foreach (var tick in plot.Y.Ticks)
        {
            var y = Y(tick.Value);
            yield return Svg.Path(Svg.Line([(left, y), (right, y)]), "grid");
            yield return Svg.Text(left - 7, y + 4, tick.Text, "tick end");
        }

        yield return Svg.Path(Svg.Line([(left, bottom), (right, bottom)]), "axis");
        var free = double.NegativeInfinity;
        foreach (var tick in plot.X.Ticks)
        {
            var (x, half) = (X(tick.Value), Svg.TextWidth(tick.Text) / 2);
            yield return Svg.Path(Svg.Line([(x, bottom), (x, bottom + 4)]), "axis");
            if (x - half > free)
            {
                yield return Svg.Text(x, bottom + 18, tick.Text, "tick middle");
                free = x + half + 8;
            }
        }

        yield return Svg.Text((left + right) / 2, bottom + 37, plot.XLabel, "tick middle");
    }
}
