using Lab.Harness.Archive;
using Lab.Harness.Reports.Plots;

namespace Lab.Harness.Reports;

/// <summary>A part of a row's heading: one factor.</summary>
/// <param name="Label">The factor.</param>
/// <param name="Explanation">The factor in full.</param>
/// <param name="Style">Keeps enough room free that the parts of all rows line up.</param>
/// <param name="Text">The cell's value.</param>
public sealed record HeadingPart(string Label, string Explanation, string Style, Func<CellResult, string> Text);

/// <summary>
/// How the rows of a group's tables are named: all factors of a cell in one heading, which stays in view while the figures
/// scroll. The operation stands above its rows where it has several, and in their heading otherwise.
/// </summary>
public sealed class RowHeadings
{
    private const int MaxWidth = 40;
    private const double CharacterWidth = 0.6;

    private RowHeadings(GroupView group)
    {
        var factors = CellTable.Of(group).Columns.Where(column => column.Part == TableColumn.Factors).ToList();
        NamesOperation = factors.Count == 0 || group.Cells.DistinctBy(cell => cell.Operation).Count() == group.Cells.Count;
        if (NamesOperation)
        {
            factors.Insert(0, new TableColumn("operation", "operation", TableColumn.Factors, cell => cell.Operation));
        }

        Parts = [.. factors.Select(column => new HeadingPart(
            column.Label,
            column.Explanation,
            Room(group.Cells.Select(cell => column.Text(cell)).Append(column.Label)),
            column.Text))];
    }

    public IReadOnlyList<HeadingPart> Parts { get; }

    /// <summary>The operation is a part of each heading.</summary>
    public bool NamesOperation { get; }

    public static RowHeadings Of(GroupView group) => new(group);

    // In em, not ch: bold and regular text shall line up.
    private static string Room(IEnumerable<string> texts) =>
        $"min-width:{Svg.N((Math.Min(MaxWidth, texts.Max(text => text.Length)) * CharacterWidth) + 1.3)}em";
}
