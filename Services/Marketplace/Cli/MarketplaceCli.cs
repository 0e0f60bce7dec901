using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Telemetry.Export;
using Lab.Telemetry.Requests;
using Lab.Transport;
using Spectre.Console;

namespace Lab.Marketplace.Cli;

/// <summary><c>./lab marketplace seller|buyer</c>: one operation per call, or a prompt when none is named.</summary>
public static class MarketplaceCli
{
    private const int Refused = 1;
    private const int Usage = 2;
    private const int Unreachable = 3;
    private const int PlainWidth = 160;

    public static async Task<int> RunAsync(string[] args)
    {
        if (Console.IsOutputRedirected)
        {
            // In a pipe or a file there are no colours, and lines are not broken at 80 columns.
            AnsiConsole.Console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
            AnsiConsole.Profile.Width = PlainWidth;
        }

        using var export = OtlpExport.Start("marketplace-cli");
        using var source = new ActivitySource(Sources.Of("marketplace.cli"));
        using var span = source.StartActivity("./lab marketplace");
        return await InvokeAsync(Roles().Parse(args));
    }

    private static Option<DnsEndPoint?> ServerOption() => new("--server")
    {
        Description = "HOST:PORT of the server; ./lab up prints it.",
        Recursive = true,
        Required = true,
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            try
            {
                return Addresses.Parse(text);
            }
            catch (FormatException)
            {
                result.AddError($"'{text}' is not HOST:PORT");
                return null;
            }
        },
    };

    private static Command Roles()
    {
        var server = ServerOption();
        var sellers = new CliContext<SellerClient>(Role.Seller, server, address => new SellerClient(address));
        var buyers = new CliContext<BuyerClient>(Role.Buyer, server, address => new BuyerClient(address));
        var seller = RoleCommand("seller", "Sell: register items, change prices and units.", SellerCommands.All(sellers), sellers.Connect);
        var buyer = RoleCommand("buyer", "Buy: search, fill a cart, pay, give feedback.", BuyerCommands.All(buyers), buyers.Connect);
        var marketplace = new Command("marketplace", """
            The marketplace's command line. Without an operation it asks for one after the other.

            Examples:
              ./lab marketplace seller --server 127.0.0.1:21000 create_account --name ann
              ./lab marketplace seller --server 127.0.0.1:21000 login --name ann
              ./lab marketplace seller --server 127.0.0.1:21000 register_item_for_sale --name "sea salt" --category 1 --keywords salt sea --price 2.50 --quantity 40
              ./lab marketplace buyer  --server 127.0.0.1:21001 search_items --category 1 --keywords salt
              ./lab marketplace buyer  --server 127.0.0.1:21001

            Passwords are asked for, or taken from LAB_PASSWORD.
            """) { seller, buyer };
        marketplace.Add(server);
        return new Command("lab", "") { marketplace, new HelpOption() };
    }

    /// <summary>Without an operation, a prompt.</summary>
    private static Command RoleCommand(string name, string description, IEnumerable<Command> operations, Func<ParseResult, MarketplaceClient> connect)
    {
        var role = new Command(name, description);
        foreach (var operation in operations)
        {
            role.Add(operation);
        }

        role.SetAction((arguments, cancellationToken) =>
        {
            connect(arguments);
            return PromptAsync(role, cancellationToken);
        });
        return role;
    }

    private static async Task<int> InvokeAsync(ParseResult parsed)
    {
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message)));
            await Console.Error.WriteLineAsync("--help shows what there is");
            return Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception) when (Explain(exception) is { } explained)
        {
            await Console.Error.WriteLineAsync(explained.Message);
            return explained.ExitCode;
        }
    }

    private static async Task<int> PromptAsync(Command role, CancellationToken cancellationToken)
    {
        AnsiConsole.MarkupLine($"[grey]operations: {string.Join(", ", role.Subcommands.Select(command => command.Name))}; help, exit[/]");
        while (!cancellationToken.IsCancellationRequested)
        {
            AnsiConsole.Markup($"[bold]{role.Name}>[/] ");
            switch (Console.ReadLine()?.Trim())
            {
                case null or "exit" or "quit":
                    return 0;
                case "":
                    break;
                case "help":
                    await InvokeAsync(Operations(role).Parse("--help"));
                    break;
                case { } line:
                    await InvokeAsync(Operations(role).Parse(CommandLineParser.SplitCommandLine(line).ToList()));
                    break;
            }
        }

        return 0;
    }

    /// <summary>At the prompt the server is known: only the operations are parsed.</summary>
    private static Command Operations(Command role)
    {
        var prompt = new Command(role.Name, role.Description) { new HelpOption() };
        foreach (var operation in role.Subcommands)
        {
            prompt.Add(operation);
        }

        return prompt;
    }

    private static (string Message, int ExitCode)? Explain(Exception exception) => exception switch
    {
        MarketplaceException refused => ($"{refused.Code}: {refused.Message}", Refused),
        SocketException or IOException or TimeoutException => ($"the server does not answer: {exception.Message}. Is it up? ./lab up prints where", Unreachable),
        InvalidOperationException => (exception.Message, Usage),
        _ => null,
    };
}
