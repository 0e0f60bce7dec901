using System.Text.Json.Serialization;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Peers;

/// <summary>Something that happened to a peer.</summary>
/// <param name="Kind">What.</param>
/// <param name="Term">The peer's term then.</param>
/// <param name="Other">The peer it is about, if another one.</param>
/// <param name="Detail">For people.</param>
public sealed record PeerEvent(PeerEventKind Kind, long Term, int? Other = null, string? Detail = null);

[JsonConverter(typeof(StrictEnum<PeerEventKind>))]
public enum PeerEventKind
{
    /// <summary>The process runs and knows its market.</summary>
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>Its trader is lost: the connection ended, or it has been silent for too long.</summary>
    [JsonStringEnumMemberName("trader-lost")]
    TraderLost,

    [JsonStringEnumMemberName("election-begun")]
    ElectionBegun,

    /// <summary>It has won, and asks for the next term.</summary>
    [JsonStringEnumMemberName("claiming")]
    Claiming,

    /// <summary>It has the term and the accounts, and trades.</summary>
    [JsonStringEnumMemberName("trades")]
    Trades,

    /// <summary>The first sale of its term is durable.</summary>
    [JsonStringEnumMemberName("first-sale")]
    FirstSale,

    /// <summary>Another one has a higher term.</summary>
    [JsonStringEnumMemberName("fenced")]
    Fenced,

    /// <summary>The accounts could not be read or written, and it has given its term up.</summary>
    [JsonStringEnumMemberName("accounts-failed")]
    AccountsFailed,

    [JsonStringEnumMemberName("resigned")]
    Resigned,

    /// <summary>It follows a trader.</summary>
    [JsonStringEnumMemberName("follows")]
    Follows,

    /// <summary>A seller or buyer takes another good.</summary>
    [JsonStringEnumMemberName("good-changed")]
    GoodChanged,

    /// <summary>A seller has deposited again.</summary>
    [JsonStringEnumMemberName("restocked")]
    Restocked,
}
