using Lab.TradingPost.Supervision;
using Spectre.Console;

namespace Lab.TradingPost.Cli;

/// <summary>The market as a screen shows it: head, peers, events, the answer to the last command, the prompt.</summary>
internal static class MarketView
{
    public const string Prompt = "trading-post> ";

    private const int MostEvents = 10;
    private const int FewestEvents = 3;

    /// <summary>Everything, as a report shows it: no prompt, no limits.</summary>
    public static IReadOnlyList<string> Report(MarketPicture picture, int you, int width, Look look) => picture.State is null
        ? Head(picture, width, look)
        : [.. Head(picture, width, look), "", .. AnsiText.Lines(PeerTable.Of(picture, you, width, int.MaxValue), width, look)];

    /// <summary>A screen of exactly so many lines or fewer, none of them wider than it.</summary>
    /// <param name="picture">The market.</param>
    /// <param name="you">The participant who looks on.</param>
    /// <param name="answer">To the last command, as markup.</param>
    /// <param name="editor">What is being typed.</param>
    /// <param name="size">Of the terminal.</param>
    /// <param name="look">What it understands.</param>
    public static ScreenFrame Screen(
        MarketPicture picture, int you, IReadOnlyList<string> answer, LineEditor editor, ScreenSize size, Look look)
    {
        var place = size.Height - 1;
        var answers = answer.SelectMany(line => AnsiText.Lines(new Markup(line), size.Width, look)).ToList();
        answers = [.. answers.Take(Math.Max(1, place * 2 / 3))];
        List<string> lines = [.. Head(picture, size.Width, look), ""];
        var left = place - lines.Count - answers.Count - (answers.Count > 0 ? 1 : 0);
        if (picture.State is not null && left > 2)
        {
            var rows = Math.Max(2, left - FewestEvents - 3);
            lines.AddRange(AnsiText.Lines(PeerTable.Of(picture, you, size.Width, rows), size.Width, look));
            lines.Add("");
            left = place - lines.Count - answers.Count - (answers.Count > 0 ? 1 : 0);
            lines.AddRange(Events(picture, size.Width, Math.Min(MostEvents, left), look));
        }

        // Answers and the prompt stand at the bottom, while the rest grows and shrinks.
        lines = [.. lines.Take(Math.Max(0, place - answers.Count))];
        lines.AddRange(Enumerable.Repeat("", Math.Max(0, place - answers.Count - lines.Count)));
        lines.AddRange(answers.Take(place));
        var (input, cursor) = Input(editor, size.Width);
        lines.Add(input);
        return new ScreenFrame(lines, lines.Count - 1, cursor);
    }

    /// <summary>An election in a sentence.</summary>
    public static string Describe(ElectionTimes election) =>
        $"peer {election.Trader} trades in term {election.Term} after {Times(election)}";

    private static string Times(ElectionTimes election)
    {
        var parts = election.DetectionUs is { } detection
            ? FormattableString.Invariant($" (detection {detection / 1000.0:0.0} + agreement {election.AgreementUs / 1000.0:0.0})")
            : "";
        var sale = election.FirstSaleUs is { } first ? $", first sale +{Milliseconds(first)}" : "";
        return Milliseconds(election.TradesUs - election.BeganUs) + parts + sale;
    }

    private static IReadOnlyList<string> Head(MarketPicture picture, int width, Look look)
    {
        if (picture.State is not { } market)
        {
            return AnsiText.Lines(new Markup($"[bold]trading post[/]  no market is open{Problem(picture)}"), width, look);
        }

        var trader = market.Trader is { } id
            ? $"[bold green]peer {id} trades[/] in term [bold]{market.Term}[/]"
            : "[bold red]nobody trades[/]";
        var sold = picture.SoldPerSecond is { } rate ? FormattableString.Invariant($"   [bold]{rate:0.0}[/] pieces sold/s") : "";
        var coins = picture.Accounts is { } accounts
            ? MarketPicture.Sum(accounts).AreBalanced ? "   [grey]coins balance[/]" : "   [bold red]coins do not balance[/]"
            : "";
        List<string> lines =
        [
            $"[bold]trading post[/]  market {market.Number}: {OpenSettings.Describe(market.Settings)}{Problem(picture)}",
            trader + sold + coins,
        ];
        if (picture.LastElection is { } election)
        {
            lines.Add($"[grey]last election:[/] {Times(election)}");
        }

        return [.. lines.SelectMany(line => AnsiText.Lines(new Markup(line), width, look))];
    }

    private static string Problem(MarketPicture picture) => picture.Problem is null
        ? ""
        : $"   [bold red]the supervisor does not answer[/] [grey]{Markup.Escape(picture.Problem)}[/]";

    /// <summary>The latest last, as in a log.</summary>
    private static IEnumerable<string> Events(MarketPicture picture, int width, int most, Look look)
    {
        const int AgeWidth = 7;
        return EventLines.Fold(picture.Events).TakeLast(Math.Max(0, most)).SelectMany(line =>
        {
            var age = EventLines.Age(picture.NowUs - line.AtUs).PadLeft(AgeWidth);
            var text = Cut($"{age}  {EventLines.Describe(line)}", width);
            var colour = ColourOf(line);
            return AnsiText.Lines(new Markup($"[grey]{Markup.Escape(text[..Math.Min(AgeWidth, text.Length)])}[/][{colour}]{Markup.Escape(text[Math.Min(AgeWidth, text.Length)..])}[/]"), width, look);
        });
    }

    private static string ColourOf(EventLine line) => line.Latest switch
    {
        { Done: ProcessEvents.Killed or ProcessEvents.Ended } => "red",
        { Done: ProcessEvents.Paused } => "yellow",
        { What.Kind: Peers.PeerEventKind.Trades } => "green",
        { What.Kind: Peers.PeerEventKind.TraderLost or Peers.PeerEventKind.Fenced or Peers.PeerEventKind.Resigned } => "yellow",
        { What.Kind: Peers.PeerEventKind.Restocked or Peers.PeerEventKind.GoodChanged } => "grey",
        _ => "default",
    };

    /// <summary>The part of a long line that is around the cursor.</summary>
    private static (string Line, int Cursor) Input(LineEditor editor, int width)
    {
        var prompt = width > Prompt.Length * 2 ? Prompt : "> ";
        var place = Math.Max(1, width - prompt.Length - 1);
        var start = Math.Max(0, editor.Cursor - place);
        var text = editor.Text.AsSpan(start, Math.Min(place, editor.Text.Length - start));
        return (Cut(string.Concat(prompt, text), width), Math.Min(width - 1, prompt.Length + editor.Cursor - start));
    }

    private static string Cut(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + "…";

    private static string Milliseconds(long us) => FormattableString.Invariant($"{us / 1000.0:0.0} ms");
}

/// <summary>In letters and lines.</summary>
internal readonly record struct ScreenSize(int Width, int Height);

/// <summary>What a terminal shall show.</summary>
/// <param name="Lines">From the top.</param>
/// <param name="CursorRow">Counts from 0.</param>
/// <param name="CursorColumn">Counts from 0.</param>
internal sealed record ScreenFrame(IReadOnlyList<string> Lines, int CursorRow, int CursorColumn);
