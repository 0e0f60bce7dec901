namespace Lab.Marketplace.Domain;

/// <summary>New or used.</summary>
public enum Condition
{
    New,
    Used,
}

/// <summary>An item for sale.</summary>
public sealed record Item
{
    public required ItemId Id { get; init; }

    public required long SellerId { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Keywords { get; init; }

    public required Condition Condition { get; init; }

    public required decimal Price { get; init; }

    /// <summary>Units that can be bought now.</summary>
    public required int Quantity { get; init; }

    public required int ThumbsUp { get; init; }

    public required int ThumbsDown { get; init; }
}

/// <summary>What a seller says of a new item.</summary>
public sealed record NewItem(
    string Name, int Category, IReadOnlyList<string> Keywords, Condition Condition, decimal Price, int Quantity);

/// <summary>Thumbs up and down of a seller.</summary>
public sealed record Rating(int ThumbsUp, int ThumbsDown);

/// <summary>Units of an item in a cart.</summary>
public sealed record CartLine(ItemId Item, int Quantity);

/// <summary>Units of an item that were bought, at the price of that moment.</summary>
public sealed record PurchasedItem(ItemId Item, string Name, int Quantity, decimal Price, DateTime PurchasedAtUtc);

/// <summary>A paid purchase.</summary>
/// <param name="RequestId">The id of the request that made it.</param>
/// <param name="Amount">What the card was charged.</param>
/// <param name="Lines">What was bought.</param>
public sealed record Receipt(long RequestId, decimal Amount, IReadOnlyList<CartLine> Lines);

/// <summary>A payment card as a buyer types it; never stored, never logged.</summary>
/// <param name="Number">12 to 19 digits.</param>
/// <param name="Holder">The name on the card.</param>
/// <param name="Expires">Month and year, <c>07/29</c>.</param>
public sealed record Card(string Number, string Holder, string Expires)
{
    /// <summary>What may be stored and shown.</summary>
    public string LastDigits => Number[^4..];

    /// <summary>A record would print its number.</summary>
    public override string ToString() => $"card ending in {LastDigits}";
}
