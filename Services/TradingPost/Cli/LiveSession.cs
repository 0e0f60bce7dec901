using System.Runtime.InteropServices;
using System.Threading.Channels;
using Spectre.Console;

namespace Lab.TradingPost.Cli;

/// <summary>In a terminal: the market as it is, five times a second, and a prompt below it.</summary>
internal sealed class LiveSession(MarketWatch watch, CommandRunner runner, int you)
{
    private const int MostKeysWaiting = 1000;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly LineEditor _editor = new(CommandParser.Complete);
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateBounded<ConsoleKeyInfo>(MostKeysWaiting);
    private readonly Look _look = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? Look.Coloured : Look.Colourless;
    private volatile Answer _answer = new(["[grey]help shows the commands; Tab completes, arrow up brings back earlier ones, Escape hides this[/]"]);
    private volatile bool _isSpoiled;

    /// <summary>Until <c>quit</c>, Ctrl-D or Ctrl-C.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var continued = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => _isSpoiled = true);
        var watching = watch.RunAsync(ended.Token);
        using (var screen = new TerminalScreen(Console.OpenStandardOutput()))
        {
            new Thread(ReadKeys) { IsBackground = true, Name = "keys" }.Start();
            await DrawAsync(screen, ended.Token);
        }

        await ended.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task DrawAsync(TerminalScreen screen, CancellationToken cancellationToken)
    {
        var isOver = false;
        while (!isOver && !cancellationToken.IsCancellationRequested)
        {
            if (_isSpoiled)
            {
                _isSpoiled = false;
                screen.Forget();
            }

            var size = new ScreenSize(Math.Max(1, Console.WindowWidth), Math.Max(1, Console.WindowHeight));
            screen.Draw(MarketView.Screen(watch.Picture, you, _answer.Lines, _editor, size, _look), size);
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            pause.CancelAfter(Pace);
            try
            {
                isOver = !await _keys.Reader.WaitToReadAsync(pause.Token);
            }
            catch (OperationCanceledException)
            {
                // Nobody types: what the market does is drawn all the same.
            }

            while (!isOver && _keys.Reader.TryRead(out var key))
            {
                isOver = Apply(key, screen, cancellationToken);
            }
        }
    }

    /// <returns>True when the user wants to leave.</returns>
    private bool Apply(ConsoleKeyInfo key, TerminalScreen screen, CancellationToken cancellationToken)
    {
        if (key.Modifiers.HasFlag(ConsoleModifiers.Control) && key.Key == ConsoleKey.D && _editor.Text.Length == 0)
        {
            return true;
        }

        if (key.Modifiers.HasFlag(ConsoleModifiers.Control) && key.Key == ConsoleKey.L)
        {
            screen.Forget();
            return false;
        }

        if (key.Key == ConsoleKey.Escape && _editor.Text.Length == 0)
        {
            _answer = new Answer([]);
        }

        return _editor.Apply(key) is { } line && Begin(line, cancellationToken);
    }

    /// <summary>A command may wait for an election: meanwhile others can be typed, and the latest one's answer is shown.</summary>
    private bool Begin(string line, CancellationToken cancellationToken)
    {
        try
        {
            switch (CommandParser.Parse(line))
            {
                case Quit:
                    return true;
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

        return false;
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
