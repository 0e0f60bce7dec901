using System.Globalization;
using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>
/// A factor as a reader sees it: a column of a table, an axis of a plot, a word in a sentence. The factors
/// <c>sellers</c> and <c>buyers</c> form one column, <c>clients</c>, whose values read <c>10+10</c>.
/// </summary>
public sealed class FactorColumn
{
    private static readonly string[] ClientFactors = ["sellers", "buyers"];

    // Values that say nothing without the name of their factor.
    private static readonly HashSet<string> BareWords =
        new(["on", "off", "yes", "no", "true", "false", "none", "default", "as-published", "improved", "file"], StringComparer.OrdinalIgnoreCase);

    private readonly bool _needsName;

    private FactorColumn(IReadOnlyList<string> names, IReadOnlyList<CellResult> cells)
    {
        Names = names;
        Label = names.Count > 1 ? "clients" : names[0].Replace('_', ' ');
        AxisLabel = names.Count > 1 ? $"clients ({string.Join(" + ", names)})" : Label;
        IsNumeric = cells.All(cell => names.All(name => cell.Factors.GetValueOrDefault(name) is long));
        var levels = cells.DistinctBy(Text);
        Levels = [.. (IsNumeric ? levels.OrderBy(Number) : levels).Select(Text)];
        _needsName = Levels.Any(BareWords.Contains);
    }

    /// <summary>The factors' names in the archive: one, or sellers and buyers.</summary>
    public IReadOnlyList<string> Names { get; }

    public string Label { get; }

    /// <summary>The label with what it is made of: <c>clients (sellers + buyers)</c>.</summary>
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

    /// <summary>The cell's value on a numeric axis; sellers and buyers are added up. Null where it is not a number.</summary>
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
        var names = cells.SelectMany(cell => cell.Factors.Keys).Distinct(StringComparer.Ordinal).ToList();
        var merged = FormOnePopulation(cells);
        return [.. names
            .Where(name => !merged || name != ClientFactors[1])
            .Select(name => new FactorColumn(merged && name == ClientFactors[0] ? ClientFactors : [name], cells))];
    }

    // Sellers and buyers are one number of clients only where one determines the other.
    private static bool FormOnePopulation(IReadOnlyList<CellResult> cells)
    {
        var pairs = cells.Select(cell => ClientFactors.Select(name => cell.Factors.GetValueOrDefault(name) as long?).ToArray())
            .Select(values => (Sellers: values[0], Buyers: values[1]))
            .Distinct()
            .ToList();
        return pairs.Count > 0
            && pairs.TrueForAll(pair => pair.Sellers is not null && pair.Buyers is not null)
            && pairs.DistinctBy(pair => pair.Sellers).Count() == pairs.Count
            && pairs.DistinctBy(pair => pair.Buyers).Count() == pairs.Count;
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
