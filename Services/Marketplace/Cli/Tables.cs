using System.Globalization;
using Lab.Marketplace.Domain;
using Spectre.Console;

namespace Lab.Marketplace.Cli;

/// <summary>Results as people read them.</summary>
internal static class Tables
{
    public static void Write(IReadOnlyList<Item> items) => Write(
        ["item", "name", "keywords", "condition", "price", "units", "seller", "thumbs"],
        items.Select(item => new[]
        {
            item.Id.ToString(),
            item.Name,
            string.Join(", ", item.Keywords),
            item.Condition == Condition.New ? "new" : "used",
            Money(item.Price),
            Number(item.Quantity),
            Number(item.SellerId),
            $"+{item.ThumbsUp} -{item.ThumbsDown}",
        }));

    public static void Write(IReadOnlyList<CartLine> lines) =>
        Write(["item", "units"], lines.Select(line => new[] { line.Item.ToString(), Number(line.Quantity) }));

    public static void Write(IReadOnlyList<PurchasedItem> purchases) => Write(
        ["when (UTC)", "item", "name", "units", "price"],
        purchases.Select(bought => new[]
        {
            bought.PurchasedAtUtc.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
            bought.Item.ToString(),
            bought.Name,
            Number(bought.Quantity),
            Money(bought.Price),
        }));

    public static void Write(Rating rating) => AnsiConsole.WriteLine($"thumbs up {rating.ThumbsUp}, thumbs down {rating.ThumbsDown}");

    /// <summary>Cells are data of strangers: escaped, so that a name cannot be markup.</summary>
    private static void Write(string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns(columns);
        foreach (var row in rows)
        {
            table.AddRow(Array.ConvertAll(row, Markup.Escape));
        }

        if (table.Rows.Count == 0)
        {
            AnsiConsole.WriteLine("nothing");
            return;
        }

        AnsiConsole.Write(table);
    }

    private static string Money(decimal amount) => amount.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
