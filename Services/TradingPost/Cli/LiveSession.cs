using System.Runtime.InteropServices;
using System.Threading.Channels;
using Spectre.Console;

namespace Lab.TradingPost.Cli;

/// <summary>In a terminal: the market as it is, five times a second, and a prompt below it.</summary>
internal sealed class LiveSession(MarketWatch watch, CommandRunner runner)
{
    private const int MostKeysWaiting = 1000;

    /// <summary>A terminal's second screen: the first is as it was afterwards.</summary>
    private static readonly ControlCode EnterScreen = new("\e[?1049h");
    private static readonly ControlCode LeaveScreen = new("\e[?1049l");

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    // Whoever calls has seen that it is a terminal: the library does not know all that are.
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes });
    private readonly LineEditor _editor = new(CommandParser.Complete);
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateBounded<ConsoleKeyInfo>(MostKeysWaiting);
    private volatile Answer _answer = new(["[grey]help shows the commands; Tab completes, arrow up brings back earlier ones, Escape hides this[/]"]);
    private volatile bool _isSpoiled;
    private bool _isOver;

    /// <summary>Until <c>quit</c>, Ctrl-D or Ctrl-C.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var continued = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => _isSpoiled = true);
        var watching = watch.RunAsync(ended.Token);
        new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
        try
        {
            await ShowAsync(ended.Token);
        }
        finally
        {
            _console.Write(LeaveScreen);
        }

        await ended.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

    private MarketView View() => new(watch.Overview, _answer.Lines, _editor);

    /// <summary>Waits for one, but not for long: what the market does is drawn all the same.</summary>
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

    /// <summary>A command may wait for an election: meanwhile others can be typed, and the latest one's answer is shown.</summary>
    private void Begin(string line, CancellationToken cancellationToken)
    {
        try
        {
            switch (CommandParser.Parse(line))
            {
                case Quit:
                    _isOver = true;
                    break;
                case null or ShowStatus:
                    _answer = new Answer([]);
                    break;
                case { } command:
                    var answer = new Answer([Echo(line), "[grey]...[/]"]);
                    _answer = answer;
                    _ = FinishAsync(line, command, answer, cancellationToken);
                    break;
            }
        }
        catch (FormatException exception)
        {
            _answer = new Answer([Echo(line), $"[yellow]{Markup.Escape(exception.Message)}[/]"]);
        }
    }

    private async Task FinishAsync(string line, MarketCommand command, Answer shown, CancellationToken cancellationToken)
    {
        var result = await Task.Run(() => runner.RunAsync(command, cancellationToken), cancellationToken);
        var lines = result.Lines.Select(text => result.IsDone ? Markup.Escape(text) : $"[red]{Markup.Escape(text)}[/]");
        if (_answer == shown)
        {
            _answer = new Answer([Echo(line), .. lines]);
        }
    }

    private static string Echo(string line) => $"[grey]> {Markup.Escape(line)}[/]";

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
