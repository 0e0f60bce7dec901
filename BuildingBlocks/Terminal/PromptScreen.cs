using System.Runtime.InteropServices;
using System.Threading.Channels;
using Spectre.Console;

namespace Lab.Terminal;

/// <summary>In a terminal: something as it is, five times a second, and a prompt below it.</summary>
/// <param name="complete">What Tab makes of the text before the cursor.</param>
/// <param name="view">What is shown, with the answer to the last command as markup, and what is being typed.</param>
/// <param name="enter">Does what was typed; a <see cref="FormatException"/> says what is wrong with it.</param>
public sealed class PromptScreen(Func<string, string> complete, Func<IReadOnlyList<string>, LineEditor, PromptView> view, Func<string, PromptStep> enter)
{
    private const int MostKeysWaiting = 1000;

    /// <summary>A terminal's second screen: the first is as it was afterwards.</summary>
    private static readonly ControlCode EnterScreen = new("\e[?1049h");
    private static readonly ControlCode LeaveScreen = new("\e[?1049l");

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    // Whoever calls has seen that it is a terminal: the library does not know all that are.
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes });
    private readonly LineEditor _editor = new(complete);
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateBounded<ConsoleKeyInfo>(MostKeysWaiting);
    private volatile Answer _answer = new(["[grey]help shows the commands; Tab completes, arrow up brings back earlier ones, Escape hides this[/]"]);
    private volatile bool _isSpoiled;
    private bool _isOver;

    /// <summary>Whether there is a terminal to read from and to draw on.</summary>
    public static bool IsTerminal => !Console.IsInputRedirected && !Console.IsOutputRedirected
        && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    /// <summary>Until a line ends it, Ctrl-D or Ctrl-C.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var continued = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => _isSpoiled = true);
        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
        try
        {
            await ShowAsync(cancellationToken);
        }
        finally
        {
            _console.Write(LeaveScreen);
        }
    }

    /// <summary>Begins anew when the terminal has another size, or another program has written there.</summary>
    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        while (!_isOver && !cancellationToken.IsCancellationRequested)
        {
            _isSpoiled = false;
            _console.Write(EnterScreen);
            _console.Clear();
            var size = (Console.WindowWidth, Console.WindowHeight);
            await _console.Live(View()).StartAsync(async live =>
            {
                while (!_isOver && !_isSpoiled && size == (Console.WindowWidth, Console.WindowHeight) && !cancellationToken.IsCancellationRequested)
                {
                    await ApplyKeysAsync(cancellationToken);
                    live.UpdateTarget(View());
                }
            });
        }
    }

    private PromptView View() => view(_answer.Lines, _editor);

    /// <summary>Waits for one, but not for long: what is shown is drawn all the same.</summary>
    private async Task ApplyKeysAsync(CancellationToken cancellationToken)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        pause.CancelAfter(Pace);
        try
        {
            _isOver = !await _keys.Reader.WaitToReadAsync(pause.Token);
        }
        catch (OperationCanceledException)
        {
            // Nobody types.
        }

        while (!_isOver && _keys.Reader.TryRead(out var key))
        {
            Apply(key, cancellationToken);
        }
    }

    private void Apply(ConsoleKeyInfo key, CancellationToken cancellationToken)
    {
        var isControl = key.Modifiers.HasFlag(ConsoleModifiers.Control);
        if (isControl && key.Key == ConsoleKey.D && _editor.Text.Length == 0)
        {
            _isOver = true;
            return;
        }

        if (isControl && key.Key == ConsoleKey.L)
        {
            _isSpoiled = true;
            return;
        }

        if (key.Key == ConsoleKey.Escape && _editor.Text.Length == 0)
        {
            _answer = new Answer([]);
        }

        if (_editor.Apply(key) is { } line)
        {
            Begin(line, cancellationToken);
        }
    }

    /// <summary>A command may take long: meanwhile others can be typed, and the latest one's answer is shown.</summary>
    private void Begin(string line, CancellationToken cancellationToken)
    {
        try
        {
            var step = line.Length == 0 ? PromptStep.Clear : enter(line);
            _isOver = step.IsEnd;
            if (step.Work is null)
            {
                _answer = new Answer([]);
                return;
            }

            var answer = new Answer([Typed(line), "[grey]...[/]"]);
            _answer = answer;
            _ = FinishAsync(line, step.Work, answer, cancellationToken);
        }
        catch (FormatException exception)
        {
            _answer = new Answer([Typed(line), $"[yellow]{Markup.Escape(exception.Message)}[/]"]);
        }
    }

    private async Task FinishAsync(string line, Func<CancellationToken, Task<PromptAnswer>> work, Answer shown, CancellationToken cancellationToken)
    {
        var result = await Task.Run(() => work(cancellationToken), cancellationToken);
        var lines = result.Lines.Select(text => result.IsDone ? Markup.Escape(text) : $"[red]{Markup.Escape(text)}[/]");
        if (_answer == shown)
        {
            _answer = new Answer([Typed(line), .. lines]);
        }
    }

    private static string Typed(string line) => $"[grey]> {Markup.Escape(line)}[/]";

    /// <summary>On a thread of its own: reading a key blocks, and between two reads the terminal would show what is typed.</summary>
    private void ReadKeys()
    {
        try
        {
            while (true)
            {
                // More keys than anybody types at once are lost.
                _keys.Writer.TryWrite(Console.ReadKey(intercept: true));
            }
        }
        catch (InvalidOperationException)
        {
            // The terminal is gone.
            _keys.Writer.TryComplete();
        }
    }

    /// <summary>An object of its own per answer: a late one does not replace that of a later command.</summary>
    private sealed class Answer(IReadOnlyList<string> lines)
    {
        public IReadOnlyList<string> Lines { get; } = lines;
    }
}

/// <summary>What comes of a line that was typed.</summary>
/// <param name="IsEnd">The user leaves.</param>
/// <param name="Work">Gives the answer; null: there is none.</param>
public sealed record PromptStep(bool IsEnd, Func<CancellationToken, Task<PromptAnswer>>? Work)
{
    public static PromptStep End { get; } = new(IsEnd: true, null);

    /// <summary>The answer before is shown no more.</summary>
    public static PromptStep Clear { get; } = new(IsEnd: false, null);

    public static PromptStep Do(Func<CancellationToken, Task<PromptAnswer>> work) => new(IsEnd: false, work);
}

/// <summary>What came of a command.</summary>
/// <param name="IsDone">False: the lines say why not.</param>
/// <param name="Lines">Plain text.</param>
public readonly record struct PromptAnswer(bool IsDone, IReadOnlyList<string> Lines);
