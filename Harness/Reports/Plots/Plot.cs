namespace Lab.Harness.Reports.Plots;

/// <summary>What a line of a plot stands for; each kind is drawn in its own way, so that colour is never needed to tell.</summary>
public enum LineKind
{
    /// <summary>Measured in this run: solid, filled markers, confidence intervals.</summary>
    Measured,

    /// <summary>From a report, on another machine: dashed, hollow markers.</summary>
    Published,

    /// <summary>What this machine gives without the system: dotted, no markers.</summary>
    Limit,
}

/// <summary>A point of a line.</summary>
/// <param name="X">In units of the x axis.</param>
/// <param name="Y">In units of the y axis.</param>
/// <param name="Ci95">Half width of the confidence interval of <paramref name="Y"/>; 0 for none.</param>
/// <param name="Tip">What a pointer resting on it shows; empty: the point has no marker.</param>
/// <param name="IsNoisy">Measured while the machine was busy with something else.</param>
public sealed record PlotPoint(double X, double Y, double Ci95, string Tip, bool IsNoisy);

/// <summary>A line of a plot.</summary>
/// <param name="Label">Printed at the line; empty for none.</param>
/// <param name="Style">Index into colours and markers; negative: neutral.</param>
/// <param name="Kind">What the line stands for.</param>
/// <param name="Points">In the order of x.</param>
public sealed record PlotSeries(string Label, int Style, LineKind Kind, IReadOnlyList<PlotPoint> Points);

/// <summary>Where the names of the lines are printed.</summary>
public enum LabelPlace
{
    /// <summary>Right of each line's last point.</summary>
    LineEnds,

    /// <summary>In a list in the lower right corner, which a percentile plot leaves free.</summary>
    Corner,
}

/// <summary>What every plot with two axes has.</summary>
public abstract record AxesPlot
{
    /// <summary>Unique in the document.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>The figures in words, for who cannot see the plot.</summary>
    public required string Description { get; init; }

    public required string XLabel { get; init; }

    public required Scale X { get; init; }

    public required Scale Y { get; init; }
}

/// <summary>A plot of lines, ready to draw.</summary>
public sealed record LinePlot : AxesPlot
{
    public required IReadOnlyList<PlotSeries> Series { get; init; }

    public LabelPlace Labels { get; init; }

    /// <summary>Moments or values along the x axis, from left to right; each bears its name above the lines.</summary>
    public IReadOnlyList<PlotMark> Marks { get; init; } = [];
}

/// <summary>An upright line through a plot.</summary>
/// <param name="X">In units of the x axis.</param>
/// <param name="Label">Printed above the lines of the plot.</param>
public sealed record PlotMark(double X, string Label);

/// <summary>One bar, or one part of a stacked bar.</summary>
/// <param name="Value">In units of the axis, from zero.</param>
/// <param name="Ci95">Half width of the confidence interval; 0 for none.</param>
/// <param name="Style">Index into colours; negative: neutral.</param>
/// <param name="Kind">What the bar stands for.</param>
/// <param name="Tip">What a pointer resting on it shows.</param>
public sealed record PlotBar(double Value, double Ci95, int Style, LineKind Kind, string Tip);

/// <summary>Bars that share one label.</summary>
/// <param name="Label">Printed above the bars.</param>
/// <param name="Bars">Below each other, or in a row when the plot stacks them.</param>
/// <param name="Values">Printed behind each bar, or behind the stack.</param>
public sealed record BarRow(string Label, IReadOnlyList<PlotBar> Bars, IReadOnlyList<string> Values);

/// <summary>A plot of horizontal bars, ready to draw.</summary>
public sealed record BarPlot
{
    /// <summary>Unique in the document.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>The figures in words, for who cannot see the plot.</summary>
    public required string Description { get; init; }

    /// <summary>Starts at zero: the length of a bar is its value.</summary>
    public required Scale X { get; init; }

    public required IReadOnlyList<BarRow> Rows { get; init; }

    /// <summary>The bars of a row continue each other.</summary>
    public bool IsStacked { get; init; }
}

/// <summary>A column of a histogram.</summary>
/// <param name="From">Where it begins on the x axis.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Count">How many values lie in it.</param>
/// <param name="Tip">What a pointer resting on it shows.</param>
public sealed record HistogramColumn(double From, double To, long Count, string Tip);

/// <summary>A histogram, ready to draw; its y axis has counts, from zero.</summary>
public sealed record HistogramPlot : AxesPlot
{
    public required int Style { get; init; }

    public required IReadOnlyList<HistogramColumn> Columns { get; init; }

    /// <summary>A published range, drawn as a hollow, dashed area; null for none.</summary>
    public PlotRange? Published { get; init; }
}

/// <summary>A part of the x axis.</summary>
public sealed record PlotRange(double From, double To, string Label);
