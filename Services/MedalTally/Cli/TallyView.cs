using Lab.Terminal;
using Spectre.Console;

namespace Lab.MedalTally.Cli;

/// <summary>The medal tally as a screen shows it: head, board, front-ends, what has happened, the answer to the last command, the prompt.</summary>
/// <param name="overview">What is known.</param>
/// <param name="answer">To the last command, as markup.</param>
/// <param name="editor">What is being typed.</param>
internal sealed class TallyView(TallyOverview overview, IReadOnlyList<string> answer, LineEditor editor) : PromptView("medal-tally> ", answer, editor)
{
    private const int MostHappenings = 12;
    private const int FewestHappenings = 4;

    protected override void Draw(ScreenLines lines)
    {
        lines.Add(Head());
        lines.AddEmpty();
        if (overview.Board is { } board)
        {
            lines.Add(TallyReport.Board(board, overview.Changed, overview.Now, lines.Width));
            lines.AddEmpty();
        }

        if (overview.FrontEnds.Count > 0 && lines.Left > 2)
        {
            lines.Add(TallyReport.FrontEnds(overview.FrontEnds, overview.Own, Math.Max(1, lines.Left - FewestHappenings - 2)));
            lines.AddEmpty();
        }

        if (lines.Left > 0)
        {
            lines.Add(Happenings(lines.Width, Math.Min(lines.Left, MostHappenings)));
        }
    }

    private Rows Head()
    {
        var version = overview.Board is { } board ? FormattableString.Invariant($"   version [bold]{board.Version}[/]") : "   [grey]reading the board[/]";
        var rate = overview.WritesPerSecond is { } writes ? FormattableString.Invariant($"   [bold]{writes:0.0}[/] writes/s") : "";
        List<string> lines = [$"[bold]medal tally[/]  {(overview.IsTwoTier ? "two tiers" : "one tier")}{version}{rate}"];
        if (overview.Problem is { } problem)
        {
            lines.Add($"[bold red]this may be old:[/] [red]{Markup.Escape(problem)}[/]");
        }

        if (overview.Group.Count > 0)
        {
            lines.Add($"[grey]group:[/] {Markup.Escape(TallyReport.GroupLine(overview.Group))}");
        }

        return new Rows(lines.Select(line => new Markup(line)));
    }

    /// <summary>The latest last, as in a log.</summary>
    private Rows Happenings(int width, int most)
    {
        const int AgeWidth = 7;
        return new Rows(overview.Happenings.TakeLast(most).Select(happening =>
        {
            var text = Cut(Age(overview.Now - happening.At).PadLeft(AgeWidth) + "  " + TallyReport.Printable(happening.Text), width);
            var age = Math.Min(AgeWidth, text.Length);
            return new Markup($"[grey]{Markup.Escape(text[..age])}[/][{ColourOf(happening.Kind)}]{Markup.Escape(text[age..])}[/]");
        }));
    }

    private static string Age(TimeSpan ago) => ago.TotalSeconds switch
    {
        < 1 => "now",
        < 120 => FormattableString.Invariant($"{(int)ago.TotalSeconds} s"),
        _ => FormattableString.Invariant($"{(int)ago.TotalMinutes} min"),
    };

    private static string ColourOf(HappeningKind kind) => kind switch
    {
        HappeningKind.Loss => "red",
        HappeningKind.Start => "green",
        _ => "default",
    };
}
