using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lab.TradingPost.Cli;

/// <summary>Makes lines of text, with or without colours, of what Spectre.Console can render.</summary>
internal static class AnsiText
{
    /// <param name="what">To be rendered.</param>
    /// <param name="width">In letters; longer lines are broken.</param>
    /// <param name="look">How a terminal shall show it.</param>
    public static IReadOnlyList<string> Lines(IRenderable what, int width, Look look)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = look == Look.Plain ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = look == Look.Coloured ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Write(what);
        return [.. text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
    }
}

/// <summary>What a place for text understands.</summary>
internal enum Look
{
    /// <summary>Letters only: a file, a pipe.</summary>
    Plain,

    /// <summary>A terminal whose user wants no colours (NO_COLOR).</summary>
    Colourless,

    Coloured,
}
