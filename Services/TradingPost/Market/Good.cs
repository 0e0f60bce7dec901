using System.Text.Json.Serialization;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Market;

/// <summary>What is traded.</summary>
[JsonConverter(typeof(StrictEnum<Good>))]
public enum Good
{
    [JsonStringEnumMemberName("salt")]
    Salt,

    [JsonStringEnumMemberName("fish")]
    Fish,

    [JsonStringEnumMemberName("boar")]
    Boar,
}

/// <summary>All of them.</summary>
public static class Goods
{
    /// <summary>In the order of their numbers, which count from 0.</summary>
    public static IReadOnlyList<Good> All { get; } = Enum.GetValues<Good>();

    public static bool Exists(Good good) => good is >= Good.Salt and <= Good.Boar;
}

/// <summary>Fixed prices, and the trader's share of them.</summary>
public static class Prices
{
    /// <summary>The trader keeps so much of every price; the seller gets the rest.</summary>
    public const int CommissionPercent = 20;

    /// <summary>Of one piece. Salt and boar as in the report's log; it does not tell the price of fish.</summary>
    public static int Of(Good good) => good switch
    {
        Good.Salt => 15,
        Good.Fish => 10,
        Good.Boar => 30,
        _ => throw new ArgumentOutOfRangeException(nameof(good), good, "there is no such good"),
    };

    /// <summary>Whole coins: every price is a multiple of five.</summary>
    public static int CommissionOf(int price) => price * CommissionPercent / 100;
}
