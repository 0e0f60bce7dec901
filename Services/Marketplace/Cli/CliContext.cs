using System.CommandLine;
using System.Net;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Spectre.Console;

namespace Lab.Marketplace.Cli;

/// <summary>What the commands of a role share: the client, the terminal, the way to declare an operation.</summary>
internal sealed class CliContext<TClient>(Role role, Option<DnsEndPoint?> server, Func<DnsEndPoint, TClient> open)
    where TClient : MarketplaceClient
{
    private TClient? _client;
    private SessionFile? _sessions;

    /// <summary>The client of the server that the arguments name; the same one for the whole time at a prompt.</summary>
    public TClient Connect(ParseResult arguments)
    {
        if (_client is null)
        {
            var address = arguments.GetRequiredValue(server)!;
            _client = open(address);
            _sessions = new SessionFile(role, address);
            _client.Session = _sessions.Read();
        }

        return _client;
    }


    /// <summary>A command that does one operation and prints what came of it.</summary>
    public Command Operation(
        string name, string description, Func<TClient, ParseResult, CancellationToken, Task> run, params IReadOnlyList<Option> options)
    {
        var command = new Command(name, description);
        foreach (var option in options)
        {
            command.Add(option);
        }

        command.SetAction(async (arguments, cancellationToken) =>
        {
            await run(Connect(arguments), arguments, cancellationToken);
            return 0;
        });
        return command;
    }

    /// <summary>create_account, login and logout are the same for both roles.</summary>
    public IEnumerable<Command> AccountOperations()
    {
        var name = Required<string>("--name", "The account's name.");
        yield return Operation("create_account", "Open an account.", async (marketplace, arguments, token) =>
        {
            var id = await marketplace.CreateAccountAsync(arguments.GetRequiredValue(name), ReadPassword(), token);
            AnsiConsole.MarkupLineInterpolated($"account [bold]{id}[/] opened");
        }, name);
        yield return Operation("login", "Begin a session; later commands use it.", async (marketplace, arguments, token) =>
        {
            var id = await marketplace.LoginAsync(arguments.GetRequiredValue(name), ReadPassword(), token);
            _sessions!.Write(marketplace.Session);
            AnsiConsole.MarkupLineInterpolated($"logged in as [bold]{id}[/]");
        }, name);
        yield return Operation("logout", "End the session.", async (marketplace, _, token) =>
        {
            await marketplace.LogoutAsync(token);
            _sessions!.Write(null);
            AnsiConsole.WriteLine("logged out");
        });
    }

    public static Option<T> Required<T>(string name, string description) => new(name) { Description = description, Required = true };

    /// <summary>Typed without echo; for scripts, from the environment. Never an argument: those everybody can read.</summary>
    private static string ReadPassword() => Environment.GetEnvironmentVariable("LAB_PASSWORD")
        ?? (Console.IsInputRedirected
            ? throw new InvalidOperationException("there is no terminal to ask for the password: set LAB_PASSWORD")
            : AnsiConsole.Prompt(new TextPrompt<string>("password:").Secret()));
}
