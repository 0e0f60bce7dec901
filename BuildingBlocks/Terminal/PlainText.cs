using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lab.Terminal;

/// <summary>Tables as lines of plain text, for pipes and for answers.</summary>
public static class PlainText
{
    /// <param name="what">Colours are left out.</param>
    /// <param name="width">In letters.</param>
    public static IReadOnlyList<string> Of(IRenderable what, int width)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Write(what);
        return [.. text.ToString().TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
    }
}
