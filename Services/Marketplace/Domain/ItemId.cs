using System.Globalization;

namespace Lab.Marketplace.Domain;

/// <summary>An item's id, given by the server: its category and a serial number. Written <c>3-1841</c>.</summary>
public readonly record struct ItemId(int Category, long Serial)
{
    public static bool TryParse(string text, out ItemId id)
    {
        id = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash <= 0
            || !int.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var category)
            || !long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var serial))
        {
            return false;
        }

        id = new ItemId(category, serial);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Category}-{Serial}");
}
