using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lab.Terminal;

/// <summary>Fills a screen: what is shown on top, and at the bottom the answer to the last command and the prompt.</summary>
/// <param name="prompt">Before what is typed, with the space that follows.</param>
/// <param name="answer">To the last command, as markup.</param>
/// <param name="editor">What is being typed.</param>
public abstract class PromptView(string prompt, IReadOnlyList<string> answer, LineEditor editor) : Renderable
{
    /// <summary>A text in so many letters, with an ellipsis when it was longer.</summary>
    public static string Cut(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + (width > 0 ? "…" : "");

    /// <summary>Draws what is above answer and prompt; lines for which there is no place are left out.</summary>
    protected abstract void Draw(ScreenLines lines);

    protected sealed override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        var place = options.ConsoleSize.Height - 1;
        var answers = Split(new Rows(answer.Select(line => new Markup(line))), options, maxWidth).Take(Math.Max(1, place * 2 / 3)).ToList();
        var drawn = new ScreenLines(options, maxWidth, place - answers.Count - (answers.Count > 0 ? 1 : 0));
        Draw(drawn);

        // Answers and the prompt stand at the bottom, while the rest grows and shrinks.
        List<SegmentLine> lines = [.. drawn.Lines.Take(Math.Max(0, place - answers.Count))];
        lines.AddRange(Enumerable.Repeat(new SegmentLine(), Math.Max(0, place - answers.Count - lines.Count)));
        lines.AddRange(answers.Take(place));
        lines.AddRange(Split(Input(maxWidth), options, maxWidth));
        return lines.SelectMany((line, row) => row == 0 ? line : line.AsEnumerable().Prepend(Segment.LineBreak));
    }

    internal static List<SegmentLine> Split(IRenderable part, RenderOptions options, int width) => Segment.SplitLines(part.Render(options, width), width);

    /// <summary>The prompt, and the part of a long line that is around the cursor.</summary>
    private Markup Input(int width)
    {
        var shown = Cut(width > prompt.Length * 2 ? prompt : "> ", width - 1);
        var place = Math.Max(0, width - shown.Length - 1);
        var start = Math.Max(0, editor.Cursor - place);
        var text = editor.Text[start..Math.Min(editor.Text.Length, start + place + 1)] + " ";
        var cursor = editor.Cursor - start;
        return new Markup(
            $"{shown}{Markup.Escape(text[..cursor])}[invert]{Markup.Escape(text[cursor..(cursor + 1)])}[/]{Markup.Escape(text[(cursor + 1)..].TrimEnd())}");
    }
}

/// <summary>The lines of a screen above answer and prompt, from the top.</summary>
public sealed class ScreenLines
{
    private readonly RenderOptions _options;
    private readonly int _most;
    private readonly List<SegmentLine> _lines = [];

    internal ScreenLines(RenderOptions options, int width, int most) => (_options, Width, _most) = (options, width, most);

    /// <summary>In letters.</summary>
    public int Width { get; }

    /// <summary>So many lines have still place; negative when there are too many already.</summary>
    public int Left => _most - _lines.Count;

    internal IReadOnlyList<SegmentLine> Lines => _lines;

    public void Add(IRenderable part) => _lines.AddRange(PromptView.Split(part, _options, Width));

    public void AddEmpty() => _lines.Add([]);
}
