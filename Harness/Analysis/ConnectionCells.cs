using System.Globalization;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Topology.Systems;

namespace Lab.Harness.Analysis;

/// <summary>What can be asked of a cell about connections; null wherever the cell does not know.</summary>
public static class ConnectionCells
{
    /// <summary>The report's smallest experiment: growth counts from here.</summary>
    public const long GrowthBase = 100;

    /// <summary>How many connections the cell has open at once, as the experiment asked for.</summary>
    public static long? Connections(CellResult cell) => cell.Factors.GetValueOrDefault(EchoFactors.Connections) as long?;

    /// <summary>The engine; empty for a cell without one.</summary>
    public static string Engine(CellResult cell) => cell.Factors.GetValueOrDefault(FactorCatalog.Engine) as string ?? "";

    /// <summary>
    /// The cell held idle connections to weigh them. Its few requests only show that they still live: they say nothing
    /// about speed.
    /// </summary>
    public static bool HoldsIdle(CellResult cell) => cell.Connections?.Memory is not null;

    /// <summary>Mean duration of a connection in seconds.</summary>
    public static Estimate? DurationS(CellResult cell) => HoldsIdle(cell) ? null : cell.Connections?.Duration;

    /// <summary>Measured ÷ published duration; null where either is missing or the figures cannot be compared.</summary>
    public static double? DurationRatio(CellResult cell) =>
        Comparison.IsComparable(cell) && DurationS(cell) is { } duration && cell.Published?.DurationS > 0
            ? duration.Mean / cell.Published.DurationS
            : null;

    /// <summary>Processor microseconds of the server, or of those that share its port, per round trip.</summary>
    public static double? ServerUs(CellResult cell) => PerOperationUs(cell, ProcessRoles.Server);

    /// <summary>Processor microseconds of the load, over all its processes, per round trip.</summary>
    public static double? LoadUs(CellResult cell) => PerOperationUs(cell, ProcessRoles.Load);

    private static double? PerOperationUs(CellResult cell, string role)
    {
        var processes = cell.Processes.Where(process => ProcessRoles.Of(cell, process.Name) == role).ToList();
        return cell.Connections is not null && cell.Operations > 0 && processes.Count > 0
            ? processes.Sum(process => CpuAnalyser.PerOperationUs(cell, process))
            : null;
    }
}

/// <summary>
/// What a process does for a cell. Where every engine has a server of its own, names of processes would only repeat the
/// engine; what readers ask is how much the server takes and how much the load.
/// </summary>
public static class ProcessRoles
{
    public const string Server = "server";
    public const string Load = "load";

    private const string Rest = "everything else";
    private const string Trader = "trader";
    private const string OtherPeers = "other peers";

    /// <summary>The role in a cell about connections; the process's own name in any other.</summary>
    public static string Of(CellResult cell, string process) =>
        cell.Connections is null ? process
        : process == EchoTopology.Server(ConnectionCells.Engine(cell)) || EchoTopology.SharedPortServers.Contains(process) ? Server
        : process == "harness" || process.StartsWith("load", StringComparison.Ordinal) ? Load
        : Rest;

    /// <summary>The cell's processes with those of one role added up, in order of appearance.</summary>
    public static IReadOnlyList<ProcessUsage> Added(CellResult cell) => cell.Connections is null
        ? cell.Processes
        : [.. cell.Processes
            .GroupBy(process => Of(cell, process.Name), StringComparer.Ordinal)
            .Select(role => new ProcessUsage(role.Key, role.Sum(process => process.CpuS), role.Sum(process => process.PeakRssBytes)))
            .OrderBy(role => role.Name switch { Server => 0, Load => 1, _ => 2 })];

    /// <summary>For drawings, which have few colours: of many peers the one that trades, and all others as one.</summary>
    public static IReadOnlyList<ProcessUsage> Drawn(CellResult cell) =>
        cell.Factors.GetValueOrDefault(TradingPostFactors.Peers) is not long peers ? Added(cell)
        : [.. cell.Processes
            .GroupBy(process => OfPeers(process.Name, peers), StringComparer.Ordinal)
            .Select(role => new ProcessUsage(role.Key, role.Sum(process => process.CpuS), role.Sum(process => process.PeakRssBytes)))
            .OrderBy(role => role.Name switch { Trader => 0, OtherPeers => 1, Load => 2, _ => 3 })];

    /// <summary>How results call a peer's process.</summary>
    public static string Peer(int id) => $"peer-{id.ToString(CultureInfo.InvariantCulture)}";

    // The highest of them trades.
    private static string OfPeers(string process, long peers) =>
        process == Peer((int)peers - 1) ? Trader
        : process.StartsWith("peer-", StringComparison.Ordinal) ? OtherPeers
        : process == "harness" ? Load
        : Rest;
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
            .Where(cell => Comparison.IsComparable(cell) && cell.Connections is not null && !ConnectionCells.HoldsIdle(cell))
            .Where(cell => ConnectionCells.Connections(cell) is not null)
            .ToList();
        var columns = FactorColumn.Of(busy).Where(column => column.Names[0] != EchoFactors.Connections).ToList();
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
        Base is { Connections.Duration: { Mean: > 0 } before } && At(connections) is { Connections.Duration: { } duration }
            ? duration.Mean / before.Mean
            : null;
}
