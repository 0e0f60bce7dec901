using Lab.TradingPost.Peers;
using Lab.TradingPost.Supervision;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lab.TradingPost.Cli;

/// <summary>The market as a screen shows it: head, peers, events, the answer to the last command, the prompt. Fills the console.</summary>
/// <param name="overview">The market.</param>
/// <param name="answer">To the last command, as markup.</param>
/// <param name="editor">What is being typed.</param>
internal sealed class MarketView(MarketOverview overview, IReadOnlyList<string> answer, LineEditor editor) : Renderable
{
    private const string Prompt = "trading-post> ";
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

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var place = options.ConsoleSize.Height - 1;
        var answers = Lines(new Rows(answer.Select(line => new Markup(line)))).Take(Math.Max(1, place * 2 / 3)).ToList();
        List<SegmentLine> lines = [.. Lines(Head(overview)), []];
        if (overview.State is not null && Left() > 2)
        {
            lines.AddRange(Lines(PeerTable.Of(overview, maxWidth, mostRows: Math.Max(2, Left() - FewestEvents - 3))));
            lines.Add([]);
            lines.AddRange(Lines(Events(maxWidth, Math.Clamp(Left(), 0, MostEvents))));
        }

        // Answers and the prompt stand at the bottom, while the rest grows and shrinks.
        lines = [.. lines.Take(Math.Max(0, place - answers.Count))];
        lines.AddRange(Enumerable.Repeat(new SegmentLine(), Math.Max(0, place - answers.Count - lines.Count)));
        lines.AddRange(answers.Take(place));
        lines.AddRange(Lines(Input(maxWidth)));
        return lines.SelectMany((line, row) => row == 0 ? line : line.AsEnumerable().Prepend(Segment.LineBreak));

        IEnumerable<SegmentLine> Lines(IRenderable part) => Segment.SplitLines(part.Render(options, maxWidth), maxWidth);

        int Left() => place - lines.Count - answers.Count - (answers.Count > 0 ? 1 : 0);
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

    /// <summary>The prompt, and the part of a long line that is around the cursor.</summary>
    private Markup Input(int width)
    {
        var prompt = Cut(width > Prompt.Length * 2 ? Prompt : "> ", width - 1);
        var place = Math.Max(0, width - prompt.Length - 1);
        var start = Math.Max(0, editor.Cursor - place);
        var text = editor.Text[start..Math.Min(editor.Text.Length, start + place + 1)] + " ";
        var cursor = editor.Cursor - start;
        return new Markup(
            $"{prompt}{Markup.Escape(text[..cursor])}[invert]{Markup.Escape(text[cursor..(cursor + 1)])}[/]{Markup.Escape(text[(cursor + 1)..].TrimEnd())}");
    }

    private static string Cut(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + (width > 0 ? "…" : "");

    private static string Milliseconds(long us) => FormattableString.Invariant($"{us / 1000.0:0.0} ms");
}
