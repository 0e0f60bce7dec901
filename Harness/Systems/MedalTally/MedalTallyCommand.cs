using System.CommandLine;
using Lab.Harness.Commands;
using Lab.LocalHost;
using Lab.MedalTally.Cli;
using Lab.Topology;
using Lab.Topology.Systems;
using Spectre.Console;

namespace Lab.Harness.Systems.MedalTally;

/// <summary><c>lab medal-tally</c>: shows the board and changes it; starts a medal tally where no lab is up.</summary>
internal static class MedalTallyCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("command")
        {
            Description = "Do one command and end; without one, show the board and ask for commands.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var tier = new Option<string>("--tier")
        {
            Description = "Which of the two: they have a board each.",
            DefaultValueFactory = _ => MedalTallyModule.TwoTier,
        };
        tier.AcceptOnlyFromAmong(MedalTallyModule.SingleTier, MedalTallyModule.TwoTier);
        var json = new Option<bool>("--json") { Description = "For programs." };
        var command = new Command("medal-tally", $"""
            Show the medal tally live and play with it: medals of teams and scores of events, which are pushed as they change; the
            front-ends where clients are; a group of them with a leader, a common clock and one order of requests. Uses the lab
            that is up (./lab up); where none is, it starts the medal tally alone and ends it in the end.
            Without a terminal it prints updates, and does the commands that it reads, one per line.
            Exit code 0: done. 1: refused or failed. 2: no such command. 3: no lab is up, or it cannot start.

            Commands:
              {string.Join(Environment.NewLine + "  ", MedalTallyCli.Help)}

            Examples:
              ./lab medal-tally
              ./lab medal-tally increment gaul gold
              ./lab medal-tally board --json
              ./lab medal-tally watch curling
              ./lab medal-tally score curling --tier single
              echo kill 1 | ./lab medal-tally
            """) { words, tier, json };
        command.SetAction((arguments, cancellationToken) =>
        {
            var given = arguments.GetValue(words) ?? [];
            var (isTwoTier, asJson) = (arguments.GetValue(tier) == MedalTallyModule.TwoTier, arguments.GetValue(json));
            return given.Length == 0 ? ShowAsync(isTwoTier, asJson, cancellationToken)
                : ExecuteAsync(isTwoTier, [.. given, .. asJson ? ["--json"] : Array.Empty<string>()], cancellationToken);
        });
        return command;
    }

    private static async Task<int> ExecuteAsync(bool isTwoTier, string[] words, CancellationToken cancellationToken)
    {
        if (MedalTallyCli.WhatIsWrongWith(words) is { } problem)
        {
            await Console.Error.WriteLineAsync(problem);
            return ExitCodes.Usage;
        }

        if (PublishedLab.Find(LabFolders.State) is not { } lab)
        {
            await Console.Error.WriteLineAsync(
                "no lab is up: ./lab medal-tally, in another terminal, starts the medal tally alone; ./lab up starts everything");
            return ExitCodes.CannotStart;
        }

        return await MedalTallyCli.ExecuteAsync(AddressIn(lab), isTwoTier, words, cancellationToken);
    }

    private static async Task<int> ShowAsync(bool isTwoTier, bool asJson, CancellationToken cancellationToken)
    {
        if (PublishedLab.Find(LabFolders.State) is { } running)
        {
            return await MedalTallyCli.ShowAsync(AddressIn(running), isTwoTier, asJson, cancellationToken);
        }

        if (asJson)
        {
            // A program reads JSON alone.
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error), Ansi = AnsiSupport.No });
        }

        AnsiConsole.MarkupLine("[grey]no lab is up: starting the medal tally[/]");
        await using var lab = await LabConsole.StartAsync(
            LabTopology.For([MedalTallyTopology.Name]), new LocalLabOptions { StateFolder = LabFolders.State }, cancellationToken);
        using var published = PublishedLab.Publish(lab.Endpoints, LabFolders.State);
        var code = await MedalTallyCli.ShowAsync(AddressIn(lab.Endpoints), isTwoTier, asJson, cancellationToken);
        AnsiConsole.MarkupLine("[grey]stopping[/]");
        return code;
    }

    /// <exception cref="LabStartException">It has no medal tally.</exception>
    private static TallyAddress AddressIn(LabEndpoints lab) => lab.Services.TryGetValue(MedalTallyTopology.Dispatcher, out var dispatcher)
        ? new TallyAddress
        {
            Single = ClientUrl(lab.Services[MedalTallyTopology.Single]),
            Dispatcher = ClientUrl(dispatcher),
            DispatcherAdmin = dispatcher.Admin,
            DatabaseAdmin = lab.Services[MedalTallyTopology.DatabaseServer].Admin,
            AdminToken = lab.AdminToken,
        }
        : throw new LabStartException("the lab that is up has no medal tally: stop it (./lab down)");

    private static Uri ClientUrl(ServiceEndpoints service) => new($"http://{service.Endpoints[MedalTallyTopology.ClientEndpoint]}");
}
