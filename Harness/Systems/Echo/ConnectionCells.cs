using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Measurement;

namespace Lab.Harness.Systems.Echo;

/// <summary>What can be asked of a cell about connections; null wherever the cell does not know.</summary>
public static class ConnectionCells
{
    /// <summary>The report's smallest experiment: growth counts from here.</summary>
    public const long GrowthBase = 100;

    /// <summary>How many connections the cell has open at once, as the experiment asked for.</summary>
    public static long? Connections(CellResult cell) => cell.Factors.GetValueOrDefault(EchoModule.Connections) as long?;

    /// <summary>The engine; empty for a cell without one.</summary>
    public static string Engine(CellResult cell) => cell.Factors.GetValueOrDefault(CommonFactors.Engine) as string ?? "";

    /// <summary>
    /// The cell held idle connections to weigh them. Its few requests only show that they still live: they say nothing
    /// about speed.
    /// </summary>
    public static bool HoldsIdle(CellResult cell) => cell.Metric<GaugeFigure>(EchoMetrics.MemoryPerConnection.Name) is not null;

    /// <summary>Mean duration of a connection in seconds.</summary>
    public static Estimate? DurationS(CellResult cell) => cell.Metric<GaugeFigure>(EchoMetrics.Duration.Name)?.Value;

    /// <summary>Connections opened over all iterations, warm-up included.</summary>
    public static long Opened(CellResult cell) => cell.Metric<CounterFigure>(EchoMetrics.Opened.Name)?.Total ?? 0;

    /// <summary>Of these, those that the server logged as closed properly.</summary>
    public static long LogLines(CellResult cell) => cell.Metric<CounterFigure>(EchoMetrics.LogLines.Name)?.Total ?? 0;

    /// <summary>A gauge's value.</summary>
    public static double? Value(CellResult cell, MetricInfo metric) => cell.Metric<GaugeFigure>(metric.Name)?.Value.Mean;

    /// <summary>Processor microseconds of the server, or of those that share its port, per round trip.</summary>
    public static double? ServerUs(CellResult cell) => ProcessRoles.PerOperationUs(cell, ProcessRoles.Server);
}

/// <summary>Cells of one setting, told apart by their number of connections only, rising.</summary>
public sealed record ConnectionSeries(string Setting, IReadOnlyList<CellResult> Cells)
{
    /// <summary>The cell that growth counts from; null when it was not measured.</summary>
    public CellResult? Base => Cells.FirstOrDefault(cell => ConnectionCells.Connections(cell) == ConnectionCells.GrowthBase);

    /// <summary>Comparable cells by setting; those that held idle connections are left out.</summary>
    public static IReadOnlyList<ConnectionSeries> Of(IReadOnlyList<CellResult> cells)
    {
        var busy = cells
            .Where(cell => Comparison.IsComparable(cell) && !ConnectionCells.HoldsIdle(cell))
            .Where(cell => ConnectionCells.Connections(cell) is not null)
            .ToList();
        var columns = FactorColumn.Of(busy).Where(column => column.Names[0] != EchoModule.Connections).ToList();
        return [.. busy
            .GroupBy(cell => string.Join(", ", columns.Select(column => column.Text(cell)).Where(text => text.Length > 0)), StringComparer.Ordinal)
            .Select(setting => new ConnectionSeries(setting.Key, [.. setting.OrderBy(ConnectionCells.Connections)]))];
    }

    /// <summary>The cell with so many connections, or null.</summary>
    public CellResult? At(long connections) => Cells.FirstOrDefault(cell => ConnectionCells.Connections(cell) == connections);

    /// <summary>How many times as long as at the base a response takes; null without both cells.</summary>
    public double? LatencyGrowth(long connections) =>
        Base is { } @base && At(connections) is { } cell ? cell.Latency!.Mean / @base.Latency!.Mean : null;

    /// <summary>How many times as long as at the base a connection lasts; null without both cells.</summary>
    public double? DurationGrowth(long connections) =>
        Base is { } @base && ConnectionCells.DurationS(@base) is { Mean: > 0 } before && At(connections) is { } cell && ConnectionCells.DurationS(cell) is { } duration
            ? duration.Mean / before.Mean
            : null;
}
