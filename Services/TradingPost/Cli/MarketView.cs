using Lab.Terminal;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;
using Spectre.Console;

namespace Lab.TradingPost.Cli;

/// <summary>The market as a screen shows it: head, peers, events, the answer to the last command, the prompt. Fills the console.</summary>
/// <param name="overview">The market.</param>
/// <param name="answer">To the last command, as markup.</param>
/// <param name="editor">What is being typed.</param>
internal sealed class MarketView(MarketOverview overview, IReadOnlyList<string> answer, LineEditor editor) : PromptView("trading-post> ", answer, editor)
{
    private const int MostEvents = 10;
    private const int FewestEvents = 3;

    /// <summary>What holds for the whole market.</summary>
    public static Rows Head(MarketOverview overview)
    {
        var problem = overview.Problem is null ? "" : $"   [bold red]the supervisor does not answer[/] [grey]{Markup.Escape(overview.Problem)}[/]";
        if (overview.State is not { } market)
        {
            return new Rows(new Markup($"[bold]trading post[/]  {Markup.Escape(overview.WhyClosed ?? "no market is open")}{problem}"));
        }

        var trader = market.Trader is { } id
            ? $"[bold green]peer {id} trades[/] in term [bold]{market.Term}[/]"
            : "[bold red]nobody trades[/]";
        var sold = overview.SoldPerSecond is { } rate ? FormattableString.Invariant($"   [bold]{rate:0.0}[/] pieces sold/s") : "";
        var coins = overview.IsBalanced switch
        {
            true => "   [grey]coins balance[/]",
            false => "   [bold red]coins do not balance[/]",
            null => "",
        };
        List<string> lines =
        [
            $"[bold]trading post[/]  market {market.Number}: {OpenSettings.Describe(market.Settings)}{problem}",
            trader + sold + coins,
        ];
        if (market is { Trader: null, Problem: { } why })
        {
            lines.Add($"[red]{Markup.Escape(why)}[/]");
        }

        if (overview.LastElection is { } election)
        {
            lines.Add($"[grey]last election:[/] {Times(election)}");
        }

        return new Rows(lines.Select(line => new Markup(line)));
    }

    /// <summary>An election in a sentence.</summary>
    public static string Describe(ElectionTimes election) =>
        $"peer {election.Trader} trades in term {election.Term} after {Times(election)}";

    protected override void Draw(ScreenLines lines)
    {
        lines.Add(Head(overview));
        lines.AddEmpty();
        if (overview.State is not null && lines.Left > 2)
        {
            lines.Add(PeerTable.Of(overview, lines.Width, mostRows: Math.Max(2, lines.Left - FewestEvents - 3)));
            lines.AddEmpty();
            lines.Add(Events(lines.Width, Math.Clamp(lines.Left, 0, MostEvents)));
        }
    }

    private static string Times(ElectionTimes election)
    {
        var parts = election.DetectionUs is { } detection
            ? FormattableString.Invariant($" (detection {detection / 1000.0:0.0} + agreement {election.AgreementUs / 1000.0:0.0})")
            : "";
        var sale = election.FirstSaleUs is { } first ? $", first sale +{Milliseconds(first)}" : "";
        return Milliseconds(election.TradesUs - election.BeganUs) + parts + sale;
    }

    /// <summary>The latest last, as in a log.</summary>
    private Rows Events(int width, int most)
    {
        const int AgeWidth = 7;
        return new Rows(EventLines.Fold(overview.Events).TakeLast(most).Select(line =>
        {
            var text = Cut(EventLines.Age(overview.NowUs - line.AtUs).PadLeft(AgeWidth) + "  " + EventLines.Describe(line), width);
            var age = Math.Min(AgeWidth, text.Length);
            return new Markup($"[grey]{Markup.Escape(text[..age])}[/][{ColourOf(line)}]{Markup.Escape(text[age..])}[/]");
        }));
    }

    private static string ColourOf(EventLine line) => line.Latest switch
    {
        { Done: ProcessEvents.Killed or ProcessEvents.Ended } => "red",
        { Done: ProcessEvents.Paused } => "yellow",
        { What.Kind: PeerEventKind.Trades } => "green",
        { What.Kind: PeerEventKind.TraderLost or PeerEventKind.Fenced or PeerEventKind.Resigned } => "yellow",
        { What.Kind: PeerEventKind.Restocked or PeerEventKind.GoodChanged } => "grey",
        _ => "default",
    };

    private static string Milliseconds(long us) => FormattableString.Invariant($"{us / 1000.0:0.0} ms");
}
