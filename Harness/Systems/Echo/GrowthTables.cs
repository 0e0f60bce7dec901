using Lab.Harness.Analysis;
using Lab.Harness.Archive;
using Lab.Harness.Reports;

namespace Lab.Harness.Systems.Echo;

/// <summary>How response and duration grow with the connections, engine by engine, beside the growth that the report prints.</summary>
public static class GrowthTables
{
    private const string Nothing = "–";

    private static readonly string Explanation =
        $"How many times as long as at {ConnectionCells.GrowthBase} connections with the same engine. Growth depends less on the "
        + "machine than times do.";

    /// <summary>Nothing where the base or what to compare with it was not measured.</summary>
    public static IReadOnlyList<ReportTable> Of(GroupView group)
    {
        var series = ConnectionSeries.Of(group.Cells).Where(line => line is { Base: not null, Cells.Count: > 1 }).ToList();
        ReportTable?[] tables =
        [
            Table("Growth of the response", series, (line, connections) => line.LatencyGrowth(connections), EchoModule.LatencyGrowth),
            Table("Growth of the duration", series, (line, connections) => line.DurationGrowth(connections), EchoModule.DurationGrowth),
        ];
        return [.. tables.OfType<ReportTable>()];
    }

    private static ReportTable? Table(string title, List<ConnectionSeries> series, Func<ConnectionSeries, long, double?> growth, string published)
    {
        var counts = series.SelectMany(line => line.Cells)
            .Select(cell => ConnectionCells.Connections(cell)!.Value)
            .Where(connections => connections > ConnectionCells.GrowthBase)
            .Distinct()
            .Order()
            .ToList();
        if (!counts.Exists(connections => series.Exists(line => growth(line, connections) is not null)))
        {
            return null;
        }

        var rows = counts.ConvertAll(IReadOnlyList<string> (connections) =>
        [
            Format.Count(connections),
            Text(series.Select(line => line.At(connections)?.Published).OfType<PublishedFigure>().Select(figure => figure.Metric(published)).FirstOrDefault()),
            .. series.Select(line => Text(growth(line, connections))),
        ]);
        return new ReportTable(title, Explanation, ["connections", "published", .. series.Select(line => line.Setting)], rows);
    }

    private static string Text(double? growth) => growth is { } ratio ? Format.Ratio(ratio) : Nothing;
}
