using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>The market at one time, for people or for programs.</summary>
internal static class StatusReport
{
    private const int Width = 160;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <exception cref="SupervisorException">No market is open.</exception>
    public static IReadOnlyList<string> Of(MarketPicture picture, int you, bool asJson) =>
        picture.State is not { } market ? throw SupervisorException.NoMarket()
        : asJson ? [JsonSerializer.Serialize(Snapshot(picture, market), Json)]
        : MarketView.Report(picture, you, Width, Look.Plain);

    private static MarketSnapshot Snapshot(MarketPicture picture, MarketState market) => new(
        market.Number,
        market.Settings,
        market.Trader,
        market.Term,
        [.. picture.Peers.Select(SnapshotOf)],
        picture.Clients,
        picture.Accounts is { } accounts ? MarketPicture.Sum(accounts).AreBalanced : null,
        picture.LastElection is { } last
            ? new ElectionSnapshot(last.Trader, last.Term, last.DetectionUs, last.AgreementUs, last.FirstSaleUs)
            : null);

    private static PeerSnapshot SnapshotOf(PeerRow row) => new(
        row.Id, row.Role.ToString().ToLowerInvariant(), row.Process, row.Pid, row.Trader, row.Term, row.Selling, row.Buying, row.Account);

    /// <summary>The JSON of <c>status --json</c>. Money in coins, goods in pieces.</summary>
    /// <param name="Balanced">Spent is earned plus commission; null while nobody tells the accounts.</param>
    private sealed record MarketSnapshot(
        int Market,
        MarketSettings Settings,
        int? Trader,
        long Term,
        IReadOnlyList<PeerSnapshot> Peers,
        IReadOnlyList<AccountSummary> Clients,
        bool? Balanced,
        ElectionSnapshot? LastElection);

    private sealed record PeerSnapshot(
        int Id, string Role, PeerProcessState Process, int Pid, int? Follows, long? Term, Good? Selling, Good? Buying, AccountSummary? Account);

    private sealed record ElectionSnapshot(
        int Trader,
        long Term,
        [property: JsonPropertyName("detection_us")] long? DetectionUs,
        [property: JsonPropertyName("agreement_us")] long AgreementUs,
        [property: JsonPropertyName("first_sale_us")] long? FirstSaleUs);
}
