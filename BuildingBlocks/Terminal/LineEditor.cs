namespace Lab.Terminal;

/// <summary>A line that is being typed: insertion, deletion, history. Knows nothing of the terminal.</summary>
/// <param name="complete">What Tab makes of the text before the cursor.</param>
public sealed class LineEditor(Func<string, string> complete)
{
    private const int MostHistory = 200;
    private const int MostLetters = 500;

    private readonly List<string> _history = [];
    private int _historyIndex;
    private string _draft = "";

    public string Text { get; private set; } = "";

    /// <summary>Letters before the cursor.</summary>
    public int Cursor { get; private set; }

    /// <summary>Applies a key.</summary>
    /// <returns>The line, when the key ends it; otherwise null.</returns>
    public string? Apply(ConsoleKeyInfo key)
    {
        if (key.Key == ConsoleKey.Enter || key.KeyChar is '\r' or '\n')
        {
            return Submit();
        }

        if (key.Modifiers.HasFlag(ConsoleModifiers.Control))
        {
            ApplyControl(key.Key);
            return null;
        }

        switch (key.Key)
        {
            case ConsoleKey.Backspace when Cursor > 0:
                Replace(Cursor - 1, 1, "");
                break;
            case ConsoleKey.Delete:
                Replace(Cursor, 1, "");
                break;
            case ConsoleKey.LeftArrow or ConsoleKey.RightArrow or ConsoleKey.Home or ConsoleKey.End:
                Move(key.Key);
                break;
            case ConsoleKey.UpArrow:
                Recall(_historyIndex - 1);
                break;
            case ConsoleKey.DownArrow:
                Recall(_historyIndex + 1);
                break;
            case ConsoleKey.Escape:
                Set("");
                break;
            case ConsoleKey.Tab:
                Complete();
                break;
            default:
                if (!char.IsControl(key.KeyChar) && Text.Length < MostLetters)
                {
                    Replace(Cursor, 0, key.KeyChar.ToString());
                }

                break;
        }

        return null;
    }

    /// <summary>The keys that readline has for it.</summary>
    private void ApplyControl(ConsoleKey key)
    {
        switch (key)
        {
            case ConsoleKey.A:
                Move(ConsoleKey.Home);
                break;
            case ConsoleKey.E:
                Move(ConsoleKey.End);
                break;
            case ConsoleKey.D:
                Replace(Cursor, 1, "");
                break;
            case ConsoleKey.U:
                Replace(0, Cursor, "");
                break;
            case ConsoleKey.K:
                Replace(Cursor, Text.Length, "");
                break;
            case ConsoleKey.W or ConsoleKey.Backspace:
                var word = Text[..Cursor].TrimEnd().LastIndexOf(' ') + 1;
                Replace(word, Cursor - word, "");
                break;
        }
    }

    private void Move(ConsoleKey key) => Cursor = key switch
    {
        ConsoleKey.Home => 0,
        ConsoleKey.End => Text.Length,
        ConsoleKey.LeftArrow => Math.Max(0, Cursor - 1),
        _ => Math.Min(Text.Length, Cursor + 1),
    };

    private string Submit()
    {
        var line = Text.Trim();
        if (line.Length > 0 && (_history.Count == 0 || _history[^1] != line))
        {
            _history.Add(line);
            _history.RemoveRange(0, Math.Max(0, _history.Count - MostHistory));
        }

        _historyIndex = _history.Count;
        Set("");
        return line;
    }

    /// <summary>After the last line of the history comes what was being typed.</summary>
    private void Recall(int index)
    {
        if (index < 0 || index > _history.Count)
        {
            return;
        }

        if (_historyIndex == _history.Count)
        {
            _draft = Text;
        }

        _historyIndex = index;
        Set(index == _history.Count ? _draft : _history[index]);
    }

    private void Complete() => Replace(0, Cursor, complete(Text[..Cursor]));

    private void Set(string text) => (Text, Cursor) = (text, text.Length);

    private void Replace(int start, int length, string with)
    {
        Text = string.Concat(Text.AsSpan(0, start), with, Text.AsSpan(Math.Min(Text.Length, start + length)));
        Cursor = start + with.Length;
    }
}
