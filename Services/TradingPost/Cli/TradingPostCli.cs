using Lab.Terminal;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Cli;

/// <summary><c>./lab trading-post</c>, for a market whose supervisor runs already.</summary>
public static class TradingPostCli
{
    /// <summary>What can be typed, a line each.</summary>
    public static IReadOnlyList<string> Help => CommandParser.Help;

    /// <summary>What is wrong with a command; null: nothing.</summary>
    public static string? WhatIsWrongWith(IReadOnlyList<string> command)
    {
        try
        {
            CommandParser.Parse(command);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Does one command.</summary>
    /// <param name="address">Of the supervisor.</param>
    /// <param name="command">Its words.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The exit code: 0 done, 1 refused or failed, 2 no such command, 3 no supervisor answers.</returns>
    public static async Task<int> ExecuteAsync(MarketAddress address, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var supervisor = new SupervisorClient(address);
        await using var client = new MarketClient();
        var runner = new CommandRunner(supervisor, client);
        var answer = await PrintAsync(await runner.RunAsync(CommandParser.Parse(command), cancellationToken));
        if (answer.IfAgreed is { } next && !Console.IsInputRedirected && IsYes(answer.Question))
        {
            answer = await PrintAsync(await runner.RunAsync(next, cancellationToken));
        }

        return answer.Code;
    }

    /// <summary>
    /// Shows the market until the user leaves: live in a terminal, as lines elsewhere. Opens one when none is open.
    /// </summary>
    /// <returns>As <see cref="ExecuteAsync"/>: of the first command from a pipe that was not done.</returns>
    /// <inheritdoc cref="ExecuteAsync"/>
    public static async Task<int> WatchAsync(MarketAddress address, CancellationToken cancellationToken)
    {
        using var supervisor = new SupervisorClient(address);
        await using var client = new MarketClient();
        try
        {
            // One that is kept is never thrown away for looking on.
            if (await supervisor.StateAsync(cancellationToken) is null && await supervisor.ReopenAsync(cancellationToken) is null)
            {
                await Console.Out.WriteLineAsync("opening a market");
                await supervisor.OpenAsync(MarketSettings.ForWatching, cancellationToken);
            }
        }
        catch (SupervisorException exception)
        {
            await Console.Error.WriteLineAsync($"no market can be opened: {exception.Message}");
            return ExitCode.Refused;
        }
        catch (HttpRequestException exception)
        {
            await Console.Error.WriteLineAsync($"the supervisor does not answer: {exception.Message}. Is the lab still up?");
            return ExitCode.Unreachable;
        }

        if (!PromptScreen.IsTerminal)
        {
            var commands = Console.IsInputRedirected ? Console.In : null;
            return await new PlainSession(supervisor, client, commands, Console.Out).RunAsync(cancellationToken);
        }

        await new LiveSession(new MarketWatch(supervisor, client), new CommandRunner(supervisor, client)).RunAsync(cancellationToken);
        return ExitCode.Done;
    }

    private static async Task<CommandAnswer> PrintAsync(CommandAnswer answer)
    {
        var output = answer.IsDone ? Console.Out : Console.Error;
        foreach (var line in answer.Lines)
        {
            await output.WriteLineAsync(line);
        }

        return answer;
    }

    private static bool IsYes(string? question)
    {
        Console.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}

/// <summary>Where the supervisor of a market is steered.</summary>
/// <param name="Admin">URL of its admin endpoint.</param>
/// <param name="AdminToken">Opens it; never printed.</param>
public sealed record MarketAddress(Uri Admin, string AdminToken)
{
    /// <summary>A record would print its secret.</summary>
    public override string ToString() => Admin.ToString();
}

/// <summary>What the exit codes of <c>./lab trading-post</c> mean.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The market refused it, or it failed.</summary>
    public const int Refused = 1;

    /// <summary>There is no such command, or it wants other words.</summary>
    public const int Usage = 2;

    /// <summary>There is no lab, or it does not answer.</summary>
    public const int Unreachable = 3;
}
