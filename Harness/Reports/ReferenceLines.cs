using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>A figure that a cell is compared with, and what to say about it.</summary>
public sealed record Reference(double Value, string Tip);

/// <summary>
/// Published figures and machine limits as lines. Several measured lines usually share one of them (a report knows nothing
/// of this lab's engines), so lines that do not contradict each other are drawn as one.
/// </summary>
public static class ReferenceLines
{
    /// <param name="series">The measured lines of a facet.</param>
    /// <param name="x">Place of a cell along the x axis.</param>
    /// <param name="of">What the cell is compared with, or null.</param>
    /// <param name="kind">Published or limit.</param>
    /// <param name="label">Printed at the line when the facet has only one.</param>
    public static IReadOnlyList<PlotSeries> Of(
        IReadOnlyList<FacetSeries> series, Func<CellResult, double> x, Func<CellResult, Reference?> of, LineKind kind, string label)
    {
        var lines = new List<(List<FacetSeries> Members, SortedDictionary<double, Reference> Points)>();
        foreach (var member in series)
        {
            var points = member.Cells
                .Select(cell => (X: x(cell), Reference: of(cell)))
                .Where(point => point.Reference is { Value: > 0 } reference && double.IsFinite(reference.Value))
                .ToList();
            if (points.Count == 0)
            {
                continue;
            }

            var line = lines.Find(line => points.TrueForAll(point =>
                !line.Points.TryGetValue(point.X, out var other) || other.Value.Equals(point.Reference!.Value))
                && points.Exists(point => line.Points.ContainsKey(point.X)));
            if (line.Points is null)
            {
                lines.Add(line = ([], []));
            }

            line.Members.Add(member);
            points.ForEach(point => line.Points[point.X] = point.Reference!);
        }

        return [.. lines.Select(line => new PlotSeries(
            lines.Count == 1 ? label : "",
            Style(line.Members, lines.Count, kind),
            kind,
            [.. line.Points.Select(point => new PlotPoint(point.Key, point.Value.Value, 0, point.Value.Tip, false))]))];
    }

    // A line that belongs to one of several measured lines has that line's colour.
    private static int Style(List<FacetSeries> members, int lines, LineKind kind) =>
        lines > 1 && members.Count == 1 && kind == LineKind.Published ? members[0].Style : -1;
}
