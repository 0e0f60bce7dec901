using System.Text;
using Lab.TradingPost.Cli;

namespace Lab.Tests.Unit.TradingPost.Cli;

public class TerminalScreenTests
{
    private static readonly ScreenSize Size = new(20, 3);

    [Fact]
    public void Only_what_has_changed_is_written_again()
    {
        using var terminal = new MemoryStream();
        using var screen = new TerminalScreen(terminal);
        screen.Draw(new ScreenFrame(["head", "table", "> "], 2, 2), Size);
        var second = Written(terminal, () => screen.Draw(new ScreenFrame(["head", "other", "> k"], 2, 3), Size));
        Assert.DoesNotContain("head", second, StringComparison.Ordinal);
        Assert.Contains("\e[2;1Hother\e[K\e[3;1H> k\e[K", second, StringComparison.Ordinal);
        Assert.Contains("\e[3;4H", second, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_that_are_no_more_are_cleared()
    {
        using var terminal = new MemoryStream();
        using var screen = new TerminalScreen(terminal);
        screen.Draw(new ScreenFrame(["head", "table", "> "], 2, 2), Size);
        Assert.Contains("\e[3;1H\e[K", Written(terminal, () => screen.Draw(new ScreenFrame(["head", "> "], 1, 2), Size)), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_size_and_other_programs_make_it_draw_everything()
    {
        using var terminal = new MemoryStream();
        using var screen = new TerminalScreen(terminal);
        var frame = new ScreenFrame(["head", "> "], 1, 2);
        screen.Draw(frame, Size);
        Assert.Contains("\e[2J\e[1;1Hhead", Written(terminal, () => screen.Draw(frame, Size with { Width = 30 })), StringComparison.Ordinal);
        screen.Forget();
        Assert.Contains("\e[2J\e[1;1Hhead", Written(terminal, () => screen.Draw(frame, Size with { Width = 30 })), StringComparison.Ordinal);
    }

    [Fact]
    public void It_leaves_the_terminal_as_it_was()
    {
        using var terminal = new MemoryStream();
        var screen = new TerminalScreen(terminal);
        Assert.StartsWith("\e[?1049h", Encoding.UTF8.GetString(terminal.ToArray()), StringComparison.Ordinal);
        Assert.Equal("\e[?1049l\e[?25h", Written(terminal, screen.Dispose));
    }

    private static string Written(MemoryStream terminal, Action draw)
    {
        var before = (int)terminal.Length;
        draw();
        return Encoding.UTF8.GetString(terminal.ToArray().AsSpan(before));
    }
}
