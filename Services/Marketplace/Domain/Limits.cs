namespace Lab.Marketplace.Domain;

/// <summary>Sizes that the marketplace promises.</summary>
public static class Limits
{
    public const int MaxNameLength = 32;
    public const int MaxKeywords = 5;
    public const int MaxKeywordLength = 8;
    public const int MinPasswordLength = 8;
    public const int MaxPasswordLength = 128;
    public const int MaxCategory = 1_000_000;
    public const int MaxQuantity = 1_000_000;
    public const decimal MinPrice = 0.01m;
    public const decimal MaxPrice = 1_000_000m;

    /// <summary>As the database keeps them: DECIMAL(12, 2).</summary>
    public const int PriceDecimals = 2;

    /// <summary>Different items in a cart.</summary>
    public const int MaxCartLines = 100;

    /// <summary>Items of a search result.</summary>
    public const int MaxSearchResults = 20;

    /// <summary>Items of one reply of display_items_for_sale; longer lists come in pages.</summary>
    public const int MaxItemsPerPage = 10_000;

    /// <summary>Bytes of one such reply, so that it stays below the frame limit whatever the items are called.</summary>
    public const int MaxPageBytes = 1_000_000;
}
