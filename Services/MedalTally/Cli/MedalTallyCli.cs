using Lab.MedalTally.Client;
using Lab.Terminal;

namespace Lab.MedalTally.Cli;

/// <summary><c>./lab medal-tally</c>, for a medal tally that runs already.</summary>
public static class MedalTallyCli
{
    /// <summary>What can be typed, a line each.</summary>
    public static IReadOnlyList<string> Help => TallyParser.Help;

    /// <summary>What is wrong with a command; null: nothing.</summary>
    public static string? WhatIsWrongWith(IReadOnlyList<string> command)
    {
        try
        {
            TallyParser.Parse(command);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Does one command.</summary>
    /// <param name="address">Of the medal tally.</param>
    /// <param name="isTwoTier">Which of the two.</param>
    /// <param name="command">Its words.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The exit code: 0 done, 1 refused or failed, 2 no such command, 3 nobody answers.</returns>
    public static async Task<int> ExecuteAsync(TallyAddress address, bool isTwoTier, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var parsed = TallyParser.Parse(command);
        if (parsed is WatchUpdates watch)
        {
            return await new TallySession(address, isTwoTier).WatchAsync(watch, Console.Out, cancellationToken);
        }

        using var runner = new TallyRunner(address, isTwoTier);
        var answer = await runner.RunAsync(parsed, cancellationToken);
        foreach (var line in answer.Lines)
        {
            await (answer.IsDone ? Console.Out : Console.Error).WriteLineAsync(line);
        }

        return answer.Code;
    }

    /// <summary>Shows the medal tally until the user leaves: live in a terminal, as lines elsewhere.</summary>
    /// <param name="address">Of the medal tally.</param>
    /// <param name="isTwoTier">Which of the two.</param>
    /// <param name="asJson">Updates as JSON, one a line, also in a terminal.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>As <see cref="ExecuteAsync"/>: of the first command from a pipe that was not done.</returns>
    public static async Task<int> ShowAsync(TallyAddress address, bool isTwoTier, bool asJson, CancellationToken cancellationToken)
    {
        var session = new TallySession(address, isTwoTier);
        if (asJson || !PromptScreen.IsTerminal)
        {
            return await session.RunPlainAsync(Console.IsInputRedirected ? Console.In : null, Console.Out, asJson, cancellationToken);
        }

        await session.RunLiveAsync(cancellationToken);
        return ExitCode.Done;
    }
}

/// <summary>Where a medal tally is reached and steered.</summary>
public sealed record TallyAddress
{
    /// <summary>URL of the single server's API.</summary>
    public required Uri Single { get; init; }

    /// <summary>URL of the dispatcher, for clients.</summary>
    public required Uri Dispatcher { get; init; }

    /// <summary>URL of the dispatcher's admin endpoint.</summary>
    public required Uri DispatcherAdmin { get; init; }

    /// <summary>URL of the database server's admin endpoint.</summary>
    public required Uri DatabaseAdmin { get; init; }

    /// <summary>Opens the admin endpoints, and makes the announcer's secret; never printed.</summary>
    public required string AdminToken { get; init; }

    /// <summary>A record would print its secret.</summary>
    public override string ToString() => Dispatcher.ToString();

    internal MedalTallyClient NewClient(bool isTwoTier) => new(new MedalTallyClientOptions
    {
        Server = isTwoTier ? Dispatcher : Single,
        IsDispatcher = isTwoTier,
        AnnouncerSecret = TallySecrets.OfAnnouncer(AdminToken),
        Name = Environment.UserName,
    });
}

/// <summary>What the exit codes of <c>./lab medal-tally</c> mean.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The medal tally refused it, or it failed.</summary>
    public const int Refused = 1;

    /// <summary>There is no such command, or it wants other words.</summary>
    public const int Usage = 2;

    /// <summary>There is no lab, or it does not answer.</summary>
    public const int Unreachable = 3;
}
