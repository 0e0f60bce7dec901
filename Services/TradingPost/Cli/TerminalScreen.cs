using System.Text;

namespace Lab.TradingPost.Cli;

/// <summary>
/// A terminal's second screen, so that the first is as it was afterwards. Only lines that have changed are written, and
/// all of them at once: nothing flickers.
/// </summary>
internal sealed class TerminalScreen : IDisposable
{
    private const string Enter = "\e[?1049h";
    private const string Leave = "\e[?1049l\e[?25h";
    private const string HideCursor = "\e[?25l";
    private const string ShowCursor = "\e[?25h";
    private const string Clear = "\e[2J";
    private const string ClearRestOfLine = "\e[K";

    /// <summary>Terminals that know these show everything between them at once; others pass them over.</summary>
    private const string BeginUpdate = "\e[?2026h";
    private const string EndUpdate = "\e[?2026l";

    private readonly Stream _terminal;
    private string[] _shown = [];
    private ScreenSize _size;

    /// <param name="terminal">Gets the bytes; stays open.</param>
    public TerminalScreen(Stream terminal)
    {
        _terminal = terminal;
        Write(Enter + Clear);
    }

    /// <summary>Another program has written there: everything is drawn again.</summary>
    public void Forget() => _size = default;

    public void Draw(ScreenFrame frame, ScreenSize size)
    {
        var text = new StringBuilder(BeginUpdate).Append(HideCursor);
        if (size != _size)
        {
            text.Append(Enter).Append(Clear);
            _shown = [];
            _size = size;
        }

        for (var row = 0; row < frame.Lines.Count; row++)
        {
            if (row >= _shown.Length || _shown[row] != frame.Lines[row])
            {
                text.Append(To(row, 0)).Append(frame.Lines[row]).Append(ClearRestOfLine);
            }
        }

        for (var row = frame.Lines.Count; row < _shown.Length; row++)
        {
            text.Append(To(row, 0)).Append(ClearRestOfLine);
        }

        _shown = [.. frame.Lines];
        Write(text.Append(To(frame.CursorRow, frame.CursorColumn)).Append(ShowCursor).Append(EndUpdate).ToString());
    }

    public void Dispose() => Write(Leave);

    private static string To(int row, int column) => FormattableString.Invariant($"\e[{row + 1};{column + 1}H");

    private void Write(string text)
    {
        _terminal.Write(Encoding.UTF8.GetBytes(text));
        _terminal.Flush();
    }
}
