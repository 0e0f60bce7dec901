using Lab.Marketplace.Domain;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>
/// The goods of a population, the same for the same seed: ten categories, and as many keywords as let a search by
/// category and two keywords find about three items, whatever the number of items.
/// </summary>
internal sealed class MarketplaceGoods
{
    private const int Categories = 10;
    private const int ItemsPerKeyword = 10;
    private const int MinKeywords = 5;

    /// <summary>Registered under load: categories of their own, so that searches find the same items from first to last.</summary>
    private const int FirstLotCategory = 1000;
    private const int LotCategories = 100;
    private const int LotKeywords = 1000;

    private readonly Random _random;
    private readonly int _keywords;

    public MarketplaceGoods(long seed, int items)
    {
        _random = new Random((int)(seed ^ (seed >> 32)));
        _keywords = Math.Max(MinKeywords, items / ItemsPerKeyword);
    }

    /// <summary>The next item of the catalogue that reads work on.</summary>
    public NewItem NextForShop() => New(_random, "item", 1 + _random.Next(Categories), _keywords);

    /// <summary>An item that a client registers under load.</summary>
    public static NewItem NextLot(Random random) => New(random, "lot", FirstLotCategory + random.Next(LotCategories), LotKeywords);

    private static NewItem New(Random random, string kind, int category, int keywords) => new(
        $"{kind} {random.Next(1_000_000)}",
        category,
        [$"a{random.Next(keywords)}", $"b{random.Next(keywords)}"],
        random.Next(2) == 0 ? Condition.New : Condition.Used,
        random.Next(1, 100_000) / 100m,
        random.Next(1, 1000));
}
