using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>How a figure grows with the connections, engine by engine, beside the growth that the report prints.</summary>
/// <param name="Title">What grows.</param>
/// <param name="Columns">Published, if the report has any, then one column per setting.</param>
/// <param name="Rows">The number of connections, then one text per column; an en dash where there is none.</param>
public sealed record GrowthTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    private const string Nothing = "–";

    /// <summary>Printed above the tables.</summary>
    public static string Explanation { get; } =
        $"How many times as long as at {ConnectionCells.GrowthBase} connections with the same engine. Growth depends less on the "
        + "machine than times do.";

    /// <summary>Growth of response and of duration; nothing where the base or what to compare with it was not measured.</summary>
    public static IReadOnlyList<GrowthTable> Of(GroupView group)
    {
        var series = ConnectionSeries.Of(group.Cells).Where(line => line is { Base: not null, Cells.Count: > 1 }).ToList();
        GrowthTable?[] tables =
        [
            Table("Growth of the response", series, (line, connections) => line.LatencyGrowth(connections), published => published.LatencyGrowth),
            Table("Growth of the duration", series, (line, connections) => line.DurationGrowth(connections), published => published.DurationGrowth),
        ];
        return [.. tables.OfType<GrowthTable>()];
    }

    private static GrowthTable? Table(
        string title,
        List<ConnectionSeries> series,
        Func<ConnectionSeries, long, double?> growth,
        Func<PublishedFigure, double?> published)
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
            Text(series.Select(line => line.At(connections)?.Published).OfType<PublishedFigure>().Select(published).FirstOrDefault()),
            .. series.Select(line => Text(growth(line, connections))),
        ]);
        return new GrowthTable(title, ["connections", "published", .. series.Select(line => line.Setting)], rows);
    }

    private static string Text(double? growth) => growth is { } ratio ? Format.Ratio(ratio) : Nothing;
}
