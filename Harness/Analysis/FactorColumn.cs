using System.Globalization;
using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>
/// A factor as a reader sees it: a column of a table, an axis of a plot, a word in a sentence. Factors that an experiment
/// states as one, such as the numbers of two kinds of clients, form one column, whose values read <c>10+10</c>.
/// </summary>
public sealed class FactorColumn
{
    // Values that say nothing without the name of their factor.
    private static readonly HashSet<string> BareWords =
        new(["on", "off", "yes", "no", "true", "false", "none", "default"], StringComparer.OrdinalIgnoreCase);

    private readonly bool _needsName;

    private FactorColumn(IReadOnlyList<string> names, FactorInfo info, IReadOnlyList<CellResult> cells)
    {
        Names = names;
        Info = info;
        Label = info.Title;
        AxisLabel = names.Count > 1 ? $"{Label} ({string.Join(" + ", names)})" : Label;
        IsNumeric = cells.All(cell => names.All(name => cell.Factors.GetValueOrDefault(name) is long));
        var levels = cells.DistinctBy(Text);
        Levels = [.. (IsNumeric ? levels.OrderBy(Number) : levels).Select(Text)];
        _needsName = info.NamesItsValues || Levels.Any(BareWords.Contains);
    }

    /// <summary>As the cells' system declares it.</summary>
    public FactorInfo Info { get; }

    /// <summary>The names under which the archive has it: one, or those of its parts.</summary>
    public IReadOnlyList<string> Names { get; }

    public string Label { get; }

    /// <summary>The label with what it is made of: <c>clients (readers + writers)</c>.</summary>
    public string AxisLabel { get; }

    /// <summary>Every cell has a number here.</summary>
    public bool IsNumeric { get; }

    /// <summary>The distinct values: numbers rising, words in order of appearance.</summary>
    public IReadOnlyList<string> Levels { get; }

    public bool Varies => Levels.Count > 1;

    /// <summary>The cell's value; empty when the cell does not have the factor.</summary>
    public string Text(CellResult cell) => string.Join('+', Names.Select(name => cell.Factors.GetValueOrDefault(name) switch
    {
        null => "",
        long number => Format.Count(number),
        var word => Convert.ToString(word, CultureInfo.InvariantCulture),
    }));

    /// <summary>The cell's value on a numeric axis; several parts are added up. Null where it is not a number.</summary>
    public double? Number(CellResult cell)
    {
        double sum = 0;
        foreach (var name in Names)
        {
            if (cell.Factors.GetValueOrDefault(name) is not long number)
            {
                return null;
            }

            sum += number;
        }

        return sum;
    }

    /// <summary>The value as it reads in a sentence: <c>10+10 clients</c>, <c>async</c>, <c>cache off</c>.</summary>
    public string Phrase(CellResult cell) => (Text(cell), IsNumeric) switch
    {
        ("", _) => "",
        ("1", true) when Label.EndsWith('s') => $"1 {Label[..^1]}",
        (var text, true) => $"{text} {Label}",
        (var text, false) => _needsName ? $"{Label} {text}" : text,
    };

    /// <summary>The columns of a set of cells, in the order in which the factors appear.</summary>
    public static IReadOnlyList<FactorColumn> Of(IReadOnlyList<CellResult> cells)
    {
        var declared = cells.SelectMany(cell => cell.Info.Factors).DistinctBy(factor => factor.Name).ToList();
        var names = cells.SelectMany(cell => cell.Factors.Keys).Distinct(StringComparer.Ordinal).ToList();
        var merged = declared.Where(factor => factor.Parts.Count > 1 && DetermineEachOther(factor.Parts, cells)).ToList();
        return [.. names
            .Where(name => !merged.Exists(factor => factor.Parts.Skip(1).Contains(name)))
            .Select(name => merged.Find(factor => factor.Parts[0] == name) is { } whole
                ? new FactorColumn(whole.Parts, whole, cells)
                : new FactorColumn([name], declared.Find(factor => factor.Name == name) ?? new FactorInfo(name, name.Replace('_', ' ')), cells))];
    }

    // Two numbers are one column only where each determines the others.
    private static bool DetermineEachOther(IReadOnlyList<string> names, IReadOnlyList<CellResult> cells)
    {
        var rows = cells.Select(cell => names.Select(name => cell.Factors.GetValueOrDefault(name) as long?).ToArray())
            .DistinctBy(row => string.Join('+', row)).ToList();
        return rows.Count > 0
            && rows.TrueForAll(row => row.All(number => number is not null))
            && Enumerable.Range(0, names.Count).All(place => rows.DistinctBy(row => row[place]).Count() == rows.Count);
    }
}

/// <summary>How the factors of a set of cells map to an axis, to lines and to what all cells share.</summary>
public sealed class FactorLayout
{
    private FactorLayout(IReadOnlyList<CellResult> cells)
    {
        Columns = FactorColumn.Of(cells);
        Constant = [.. Columns.Where(column => !column.Varies)];
        X = Columns.Where(column => column is { Varies: true, IsNumeric: true }).MaxBy(column => column.Levels.Count);
        Series = [.. Columns.Where(column => column.Varies && column != X && !(column.IsNumeric && FollowsX(column, cells)))];
    }

    public IReadOnlyList<FactorColumn> Columns { get; }

    /// <summary>The columns that have one value in all cells.</summary>
    public IReadOnlyList<FactorColumn> Constant { get; }

    /// <summary>The number that varies most, drawn along the x axis; null when no number varies.</summary>
    public FactorColumn? X { get; }

    /// <summary>What else varies: every combination is a line of its own.</summary>
    public IReadOnlyList<FactorColumn> Series { get; }

    public static FactorLayout Of(IReadOnlyList<CellResult> cells) => new(cells);

    /// <summary>The combination of the cell, operation excluded: <c>async, cache off</c>; may be empty.</summary>
    public string SeriesName(CellResult cell) => Join(Series, cell);

    /// <summary>The value along the x axis as it reads in a sentence: <c>10+10 clients</c>; may be empty.</summary>
    public string XPhrase(CellResult cell) => X?.Phrase(cell) ?? "";

    /// <summary>The cell by everything that varies: <c>search_items, 10+10 clients, async, cache off</c>.</summary>
    /// <param name="cell">One of the layout's cells.</param>
    /// <param name="except">Columns that the sentence around the name speaks of already.</param>
    public string CellName(CellResult cell, params FactorColumn?[] except) =>
        Join([.. Columns.Where(column => column.Varies && !except.Contains(column))], cell) is { Length: > 0 } varying
            ? $"{cell.Operation}, {varying}"
            : cell.Operation;

    private static string Join(IReadOnlyList<FactorColumn> columns, CellResult cell) =>
        string.Join(", ", columns.Select(column => column.Phrase(cell)).Where(phrase => phrase.Length > 0));

    private bool FollowsX(FactorColumn column, IReadOnlyList<CellResult> cells) =>
        X is { } x && cells.GroupBy(x.Text).All(level => level.DistinctBy(column.Text).Count() == 1);
}
