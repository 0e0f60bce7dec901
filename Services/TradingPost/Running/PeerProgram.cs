using System.Net;
using System.Net.Sockets;
using Lab.TradingPost.Accounts;
using Lab.Transport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.TradingPost.Running;

/// <summary>
/// A peer's process: <c>Lab.TradingPost peer</c>, started by its supervisor, which speaks to it by its standard input and
/// hears of it by its standard output. It ends when its standard input does.
/// </summary>
internal static class PeerProgram
{
    public const string BeginCommand = "begin";
    public const string ResignCommand = "resign";
    public const string Engine = "epoll";

    private const int Defect = 70;

    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync()
    {
        var services = new ServiceCollection().AddLogging(builder => builder.AddProvider(new StandardErrorLog()));
        PeerOptions.Add(services, new ConfigurationBuilder().AddEnvironmentVariables().Build());
        await using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IStartupValidator>().Validate();
        var options = provider.GetRequiredService<IOptions<PeerOptions>>().Value;
        var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("peer");
        await using var events = Console.OpenStandardOutput();
        using var output = new PeerOutput(events, options.OwnLedger, End, logger);
        var accounts = AccountsFactory.Create(options.Accounts, logger);
        try
        {
            await accounts.PrepareAsync(CancellationToken.None);
        }
        catch (IOException exception)
        {
            // A claim tries again, and says so if it must.
            logger.LogWarning("the accounts cannot be reached yet: {Reason}", exception.Message);
        }

        await using var peer = Listen();
        // In the market's folder, which its supervisor empties, whatever becomes of this process.
        await WarmUp.RunAsync(options.OwnLedger + ".warm-up", logger);
        output.Ready();
        await ObeyAsync(peer, options);
        return 0;

        PeerHost Listen()
        {
            try
            {
                return new PeerHost(
                    options.Id, options.Market, new MarketSecret(options.Secret), IPEndPoint.Parse(options.Listen), accounts, output, End, logger);
            }
            catch (SocketException exception)
            {
                throw new IOException($"it cannot listen on {options.Listen}: {exception.Message}", exception);
            }
        }

        void End(Exception exception)
        {
            logger.LogCritical(exception, "a defect: the peer ends");
            Environment.Exit(Defect);
        }
    }

    private static async Task ObeyAsync(PeerHost peer, PeerOptions options)
    {
        using var commands = new StreamReader(Console.OpenStandardInput());
        while (await commands.ReadLineAsync() is { } command)
        {
            switch (command)
            {
                case BeginCommand:
                    await peer.BeginAsync([.. options.Addresses.Select(Addresses.Parse)], Engine);
                    break;
                case ResignCommand:
                    peer.Resign();
                    break;
            }
        }
    }
}

/// <summary>Warnings and errors as lines of standard error, which the supervisor has sent to a file.</summary>
internal sealed class StandardErrorLog : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Console.Error.WriteLine($"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {logLevel}: {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
