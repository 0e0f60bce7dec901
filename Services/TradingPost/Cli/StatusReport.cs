using System.Text.Json;
using Lab.Terminal;
using Lab.TradingPost.Supervision;
using Spectre.Console;

namespace Lab.TradingPost.Cli;

/// <summary>The market at one time, for people or for programs.</summary>
internal static class StatusReport
{
    private const int Width = 160;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <exception cref="SupervisorException">No market is open.</exception>
    public static IReadOnlyList<string> Of(MarketOverview overview, bool asJson) =>
        overview.State is not { } market ? throw SupervisorException.NoMarket(overview.WhyClosed)
        : asJson ? [ToJson(overview, market)]
        : PlainText.Of(new Rows(MarketView.Head(overview), Text.Empty, PeerTable.Of(overview, Width, mostRows: int.MaxValue)), Width);

    /// <summary>Money in coins, goods in pieces.</summary>
    private static string ToJson(MarketOverview overview, MarketState market) => JsonSerializer.Serialize(
        new
        {
            Market = market.Number,
            market.Settings,
            market.Trader,
            market.Term,
            market.Problem,
            overview.Peers,
            overview.Clients,
            Balanced = overview.IsBalanced,
            LastElection = overview.LastElection is { } last
                ? new { last.Trader, last.Term, detection_us = last.DetectionUs, agreement_us = last.AgreementUs, first_sale_us = last.FirstSaleUs }
                : null,
        },
        Json);
}
