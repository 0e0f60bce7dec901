using Lab.Terminal;

namespace Lab.MedalTally.Cli;

/// <summary>Shows the medal tally and does commands until the user leaves: live in a terminal, as lines elsewhere.</summary>
internal sealed class TallySession(TallyAddress address, bool isTwoTier)
{
    /// <summary>In a terminal, until <c>exit</c>, Ctrl-D or Ctrl-C.</summary>
    public async Task RunLiveAsync(CancellationToken cancellationToken)
    {
        using var runner = new TallyRunner(address, isTwoTier);
        using var watch = new TallyWatch(address, isTwoTier);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = watch.RunAsync(ended.Token);
        await new PromptScreen(TallyParser.Complete, (answer, editor) => new TallyView(watch.Overview, answer, editor), Enter).RunAsync(ended.Token);
        await ended.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        PromptStep Enter(string line) => TallyParser.Parse(line) switch
        {
            Leave => PromptStep.End,

            // They are what the screen shows.
            null or ShowBoard { AsJson: false } or ShowFrontEnds { AsJson: false } or WatchUpdates => PromptStep.Clear,
            { } command => PromptStep.Do(async token =>
            {
                var answer = await runner.RunAsync(command, token);
                return new PromptAnswer(answer.IsDone, answer.Lines);
            }),
        };
    }

    /// <summary>Without a terminal: updates as lines, and a command per line of the input until it ends.</summary>
    /// <param name="input">Commands; null: there are none, and only a cancellation ends the session.</param>
    /// <param name="output">Gets updates and answers; synchronised.</param>
    /// <param name="asJson">Updates and answers are JSON, one a line.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Of the first command that was not done; otherwise <see cref="ExitCode.Done"/>.</returns>
    public async Task<int> RunPlainAsync(TextReader? input, TextWriter output, bool asJson, CancellationToken cancellationToken)
    {
        using var runner = new TallyRunner(address, isTwoTier);
        using var watch = new TallyWatch(address, isTwoTier)
        {
            OnHappening = asJson ? null : happening => output.WriteLine(Line(happening)),
            OnUpdate = !asJson ? null : pushed => Write(output, UpdateLines.ToJson(pushed)),
        };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = watch.RunAsync(ended.Token);
        try
        {
            return await ExecuteAsync(runner, input, output, asJson, cancellationToken);
        }
        catch (OperationCanceledException) when (input is null)
        {
            // Without commands that is the way to end it.
            return ExitCode.Done;
        }
        finally
        {
            await ended.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A line for each update of everything, or of an event, until it is cancelled.</summary>
    public async Task<int> WatchAsync(WatchUpdates command, TextWriter output, CancellationToken cancellationToken)
    {
        using var client = address.NewClient(isTwoTier);
        Api.Board? board = null;
        int? frontEnd = null;
        try
        {
            await foreach (var pushed in client.WatchAsync(command.Event is { } index ? Tables.Catalog.Events[index] : null, lastId: null, cancellationToken))
            {
                if (frontEnd is not null && frontEnd != client.FrontEnd && !command.AsJson)
                {
                    await output.WriteLineAsync(FormattableString.Invariant($"front-end {frontEnd} is lost; front-end {client.FrontEnd} goes on"));
                }

                frontEnd = client.FrontEnd;
                Write(output, command.AsJson ? UpdateLines.ToJson(pushed)
                    : board is null && pushed.Data.Board is { } first ? UpdateLines.Describe(first)
                    : UpdateLines.Describe(pushed, board, DateTime.Now) is { } happening ? Line(happening) : null);
                board = UpdateLines.After(board, pushed);
            }
        }
        catch (Client.TallyException exception)
        {
            await Console.Error.WriteLineAsync($"updates cannot be followed: {exception.Message}");
            return ExitCode.Refused;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is the way to end it.
        }

        return ExitCode.Done;
    }

    private static async Task<int> ExecuteAsync(TallyRunner runner, TextReader? input, TextWriter output, bool asJson, CancellationToken cancellationToken)
    {
        if (input is null)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return ExitCode.Done;
        }

        var code = ExitCode.Done;

        // Reading from a pipe cannot be cancelled; waiting for it can.
        while (await Task.Run(input.ReadLine, cancellationToken).WaitAsync(cancellationToken) is { } line)
        {
            if (await AnswerAsync(runner, line, asJson, cancellationToken) is not { } answer)
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
    private static async Task<TallyAnswer?> AnswerAsync(TallyRunner runner, string line, bool asJson, CancellationToken cancellationToken)
    {
        try
        {
            return TallyParser.Parse(line) switch
            {
                null => TallyAnswer.Done([]),
                Leave => null,
                { } command => await runner.RunAsync(command with { AsJson = asJson || command.AsJson }, cancellationToken),
            };
        }
        catch (FormatException exception)
        {
            return new TallyAnswer(ExitCode.Usage, [exception.Message]);
        }
    }

    private static string Line(Happening happening) => FormattableString.Invariant($"{happening.At:HH:mm:ss.fff}  {TallyReport.Printable(happening.Text)}");

    private static void Write(TextWriter output, string? line)
    {
        if (line is not null)
        {
            output.WriteLine(line);
        }
    }
}
