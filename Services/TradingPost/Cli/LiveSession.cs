using Lab.Terminal;

namespace Lab.TradingPost.Cli;

/// <summary>In a terminal: the market, and a prompt below it.</summary>
internal sealed class LiveSession(MarketWatch watch, CommandRunner runner)
{
    /// <summary>Until <c>quit</c>, Ctrl-D or Ctrl-C.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = watch.RunAsync(ended.Token);
        await new PromptScreen(CommandParser.Complete, (answer, editor) => new MarketView(watch.Overview, answer, editor), Enter).RunAsync(ended.Token);
        await ended.CancelAsync();
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private PromptStep Enter(string line) => CommandParser.Parse(line) switch
    {
        Quit => PromptStep.End,
        null or ShowStatus => PromptStep.Clear,
        { } command => PromptStep.Do(async token =>
        {
            var answer = await runner.RunAsync(command, token);
            return new PromptAnswer(answer.IsDone, answer.Lines);
        }),
    };
}
