using Lab.Terminal;
using Lab.TradingPost.Cli;

namespace Lab.Tests.Unit.Terminal;

public class LineEditorTests
{
    private readonly LineEditor _editor = new(CommandParser.Complete);

    [Fact]
    public void Letters_are_inserted_and_removed_where_the_cursor_is()
    {
        Type("kill 35");
        Press(ConsoleKey.LeftArrow);
        Press(ConsoleKey.Backspace);
        Assert.Equal(("kill 5", 5), (_editor.Text, _editor.Cursor));
        Press(ConsoleKey.Delete);
        Type("4");
        Press(ConsoleKey.Home);
        Press(ConsoleKey.Delete);
        Type("K");
        Press(ConsoleKey.End);
        Assert.Equal(("Kill 4", 6), (_editor.Text, _editor.Cursor));
        Assert.Equal("Kill 4", Press(ConsoleKey.Enter));
        Assert.Equal(("", 0), (_editor.Text, _editor.Cursor));
    }

    [Fact]
    public void Nothing_happens_beyond_the_ends()
    {
        foreach (var key in new[] { ConsoleKey.Backspace, ConsoleKey.Delete, ConsoleKey.LeftArrow, ConsoleKey.RightArrow, ConsoleKey.UpArrow, ConsoleKey.DownArrow, ConsoleKey.F1 })
        {
            Assert.Null(Press(key));
            Assert.Equal(("", 0), (_editor.Text, _editor.Cursor));
        }
    }

    [Fact]
    public void Arrows_bring_earlier_lines_back_and_what_was_being_typed()
    {
        Enter("kill 1");
        Enter("kill 2");
        Enter("kill 2");
        Type("buy");
        Press(ConsoleKey.UpArrow);
        Assert.Equal("kill 2", _editor.Text);
        Press(ConsoleKey.UpArrow);
        Assert.Equal(("kill 1", 6), (_editor.Text, _editor.Cursor));
        Press(ConsoleKey.UpArrow);
        Assert.Equal("kill 1", _editor.Text);
        Press(ConsoleKey.DownArrow);
        Press(ConsoleKey.DownArrow);
        Assert.Equal("buy", _editor.Text);
    }

    [Fact]
    public void Control_keys_do_what_a_shell_does()
    {
        Type("deposit salt 10");
        Control(ConsoleKey.W);
        Assert.Equal("deposit salt ", _editor.Text);
        Control(ConsoleKey.W);
        Control(ConsoleKey.A);
        Control(ConsoleKey.D);
        Assert.Equal(("eposit ", 0), (_editor.Text, _editor.Cursor));
        Control(ConsoleKey.K);
        Type("buy fish");
        Control(ConsoleKey.U);
        Assert.Equal("", _editor.Text);
    }

    [Fact]
    public void Tab_completes_what_stands_before_the_cursor()
    {
        Type("ki");
        Press(ConsoleKey.Tab);
        Type("t");
        Press(ConsoleKey.Tab);
        Assert.Equal("kill trader", Press(ConsoleKey.Enter));
    }

    [Fact]
    public void A_line_has_a_bound()
    {
        Type(new string('x', 10_000));
        Assert.InRange(_editor.Text.Length, 100, 1000);
    }

    private void Enter(string line)
    {
        Type(line);
        Assert.Equal(line, Press(ConsoleKey.Enter));
    }

    private void Type(string text)
    {
        foreach (var letter in text)
        {
            Assert.Null(_editor.Apply(new ConsoleKeyInfo(letter, ConsoleKey.None, shift: false, alt: false, control: false)));
        }
    }

    private string? Press(ConsoleKey key) => _editor.Apply(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control: false));

    private void Control(ConsoleKey key) => Assert.Null(_editor.Apply(new ConsoleKeyInfo('\0', key, shift: false, alt: false, control: true)));
}
