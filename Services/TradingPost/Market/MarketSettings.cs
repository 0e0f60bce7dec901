using System.Text.Json.Serialization;

namespace Lab.TradingPost.Market;

/// <summary>What a market is opened with: <c>PUT /admin/market</c> ends the one before and begins with empty accounts.</summary>
public sealed record MarketSettings
{
    /// <summary>Ids below are peers, which may trade; clients that only buy have ids from here on.</summary>
    public const int FirstClient = 100;

    /// <summary>Peer processes, with ids from 0.</summary>
    public int Peers { get; init; } = 6;

    public AccountsKind Accounts { get; init; } = AccountsKind.File;

    /// <summary>How a lost trader is noticed and replaced.</summary>
    public Design Election { get; init; } = Design.Improved;

    /// <summary>How the accounts are written.</summary>
    public Design Writes { get; init; } = Design.Improved;

    /// <summary>Peers reach each other, and clients them, through the fault proxy's links.</summary>
    public bool ThroughLinks { get; init; }

    /// <summary>How many of the peers, from id 0, sell: they deposit goods and restock. The others buy, when they may.</summary>
    public int Sellers { get; init; } = 2;

    /// <summary>Pause between two buys of a peer that buys on its own; null: only clients buy.</summary>
    [JsonPropertyName("buyEvery_ms")]
    public int? BuyEveryMs { get; init; }

    /// <summary>Pieces that a seller deposits at a time.</summary>
    public int Stock { get; init; } = 20;

    /// <summary>Of the peers' randomness.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>For somebody who looks on: peers buy on their own, at a pace that can be followed.</summary>
    public static MarketSettings ForWatching { get; } = new() { BuyEveryMs = 500 };

    /// <summary>One of this market's peers, as opposed to a client, or nobody.</summary>
    public bool IsPeer(int participant) => participant >= 0 && participant < Peers;
}

/// <summary>Where the accounts are durable.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AccountsKind>))]
public enum AccountsKind
{
    [JsonStringEnumMemberName("file")]
    File,

    [JsonStringEnumMemberName("mysql")]
    MySql,
}

/// <summary>A weakness that the report names, or what it proposes instead.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Design>))]
public enum Design
{
    [JsonStringEnumMemberName("as-published")]
    AsPublished,

    [JsonStringEnumMemberName("improved")]
    Improved,
}
