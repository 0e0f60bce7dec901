using System.Text.Json;
using Lab.TradingPost.Supervision;
using Spectre.Console;
using Spectre.Console.Rendering;

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
        : ToText(new Rows(MarketView.Head(overview), Text.Empty, PeerTable.Of(overview, Width, mostRows: int.MaxValue)));

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

    private static string[] ToText(IRenderable what)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = Width;
        console.Write(what);
        return [.. text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
    }
}
