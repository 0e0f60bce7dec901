using Lab.Threading;
using Lab.TradingPost.Supervision;

namespace Lab.TradingPost.Cli;

/// <summary>Without a terminal: events as lines, and a command per line of the input until it ends.</summary>
/// <param name="supervisor">Of the market.</param>
/// <param name="client">For the same market.</param>
/// <param name="input">Commands; null: there are none, and only a cancellation ends the session.</param>
/// <param name="output">Gets events and answers; synchronised.</param>
internal sealed class PlainSession(SupervisorClient supervisor, MarketClient client, TextReader? input, TextWriter output)
{
    private readonly long _begunUs = MonotonicClock.NowUs;

    /// <returns>Of the first command that was not done; otherwise <see cref="ExitCode.Done"/>.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = new MarketWatch(supervisor, client) { OnEvent = Print }.RunAsync(ended.Token);
        var code = ExitCode.Done;
        try
        {
            code = await ExecuteAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (input is null)
        {
            // Without commands that is the way to end it.
        }
        finally
        {
            await ended.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return code;
    }

    private async Task<int> ExecuteAsync(CancellationToken cancellationToken)
    {
        if (input is null)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return ExitCode.Done;
        }

        var runner = new CommandRunner(supervisor, client);
        var code = ExitCode.Done;
        while (await ReadLineAsync(input, cancellationToken) is { } line)
        {
            var answer = await AnswerAsync(runner, line, cancellationToken);
            if (answer is null)
            {
                break;
            }

            foreach (var text in answer.Lines)
            {
                await output.WriteLineAsync(answer.IsDone ? text : $"error: {text}");
            }

            code = code == ExitCode.Done ? answer.Code : code;
        }

        return code;
    }

    /// <summary>Null: the user wants to leave.</summary>
    private static async Task<CommandAnswer?> AnswerAsync(CommandRunner runner, string line, CancellationToken cancellationToken)
    {
        try
        {
            return CommandParser.Parse(line) switch
            {
                null => CommandAnswer.Done(),
                Quit => null,
                { } command => await runner.RunAsync(command, cancellationToken),
            };
        }
        catch (FormatException exception)
        {
            return new CommandAnswer(ExitCode.Usage, [exception.Message]);
        }
    }

    /// <summary>Reading from a pipe cannot be cancelled; waiting for it can.</summary>
    private static Task<string?> ReadLineAsync(TextReader input, CancellationToken cancellationToken) =>
        Task.Run(input.ReadLine, cancellationToken).WaitAsync(cancellationToken);

    private void Print(MarketEvent happened)
    {
        if (happened.AtUs >= _begunUs)
        {
            var at = DateTime.Now - TimeSpan.FromMicroseconds(MonotonicClock.NowUs - happened.AtUs);
            output.WriteLine(FormattableString.Invariant($"{at:HH:mm:ss.fff}  {EventLines.Describe(happened)}"));
        }
    }
}
