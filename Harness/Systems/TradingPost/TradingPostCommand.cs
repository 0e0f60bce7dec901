using System.CommandLine;
using Lab.Harness.Commands;
using Lab.LocalHost;
using Lab.Topology;
using Lab.Topology.Systems;
using Lab.TradingPost.Cli;
using Spectre.Console;

namespace Lab.Harness.Systems.TradingPost;

/// <summary><c>lab trading-post</c>: shows a market and steers it; starts one where no lab is up.</summary>
internal static class TradingPostCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("command")
        {
            Description = "Do one command and end; without one, show the market and ask for commands.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var json = new Option<bool>("--json") { Description = "With status: for programs." };
        var yes = new Option<bool>("--yes") { Description = "With repair: do it without asking." };
        var command = new Command("trading-post", $"""
            Show the trading post live and play with it: peers that elect a trader, sell and buy. Uses the lab that is up
            (./lab up); where none is, it starts the trading post alone and ends it in the end.
            Without a terminal it prints events, and does the commands that it reads, one per line.
            Exit code 0: done. 1: refused or failed. 2: no such command. 3: no lab is up, or it cannot start.

            Commands:
              {string.Join(Environment.NewLine + "  ", TradingPostCli.Help)}

            Examples:
              ./lab trading-post
              ./lab trading-post kill trader
              ./lab trading-post status --json
              echo kill trader | ./lab trading-post
            """) { words, json, yes };
        command.SetAction((arguments, cancellationToken) =>
        {
            var given = arguments.GetValue(words) ?? [];
            if (given.Length == 0 && !arguments.GetValue(json) && !arguments.GetValue(yes))
            {
                return WatchAsync(cancellationToken);
            }

            IEnumerable<string> command = arguments.GetValue(json) ? [.. given.DefaultIfEmpty("status"), "--json"] : given;
            return ExecuteAsync([.. command, .. arguments.GetValue(yes) ? ["--yes"] : Array.Empty<string>()], cancellationToken);
        });
        return command;
    }

    private static async Task<int> ExecuteAsync(string[] words, CancellationToken cancellationToken)
    {
        if (TradingPostCli.WhatIsWrongWith(words) is { } problem)
        {
            await Console.Error.WriteLineAsync(problem);
            return ExitCodes.Usage;
        }

        if (PublishedLab.Find(LabFolders.State) is not { } lab)
        {
            await Console.Error.WriteLineAsync(
                "no lab is up: ./lab trading-post, in another terminal, starts the trading post alone; ./lab up starts everything");
            return ExitCodes.CannotStart;
        }

        return await TradingPostCli.ExecuteAsync(AddressIn(lab), words, cancellationToken);
    }

    private static async Task<int> WatchAsync(CancellationToken cancellationToken)
    {
        if (PublishedLab.Find(LabFolders.State) is { } running)
        {
            return await TradingPostCli.WatchAsync(AddressIn(running), cancellationToken);
        }

        AnsiConsole.MarkupLine("[grey]no lab is up: starting the trading post[/]");
        await using var lab = await LabConsole.StartAsync(
            LabTopology.For([TradingPostTopology.Name]), new LocalLabOptions { StateFolder = LabFolders.State }, cancellationToken);
        using var published = PublishedLab.Publish(lab.Endpoints, LabFolders.State);
        var code = await TradingPostCli.WatchAsync(AddressIn(lab.Endpoints), cancellationToken);
        AnsiConsole.MarkupLine("[grey]stopping[/]");
        return code;
    }

    /// <exception cref="LabStartException">It has no trading post.</exception>
    private static MarketAddress AddressIn(LabEndpoints lab) => lab.Services.TryGetValue(TradingPostTopology.Supervisor, out var supervisor)
        ? new MarketAddress(supervisor.Admin, lab.AdminToken)
        : throw new LabStartException("the lab that is up has no trading post: stop it (./lab down)");
}
