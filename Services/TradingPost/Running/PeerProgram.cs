using System.Net;
using System.Net.Sockets;
using Lab.TradingPost.Accounts;
using Lab.Transport;
using Microsoft.Extensions.Logging;

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
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(new StandardErrorLog()));
        var logger = logging.CreateLogger("peer");
        var configuration = PeerConfiguration.Read(Environment.GetEnvironmentVariable(PeerConfiguration.Variable));
        await using var events = Console.OpenStandardOutput();
        using var output = new PeerOutput(events, configuration.OwnLedger, End);
        var accounts = AccountsFactory.Create(configuration.Accounts, logger);
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
        await Rehearsal.RunAsync(configuration.OwnLedger + ".rehearsal", logger);
        output.Ready();
        await ObeyAsync(peer, configuration);
        return 0;

        PeerShell Listen()
        {
            try
            {
                return new PeerShell(configuration.Id, configuration.Market, IPEndPoint.Parse(configuration.Listen), accounts, output, End, logger);
            }
            catch (SocketException exception)
            {
                throw new IOException($"it cannot listen on {configuration.Listen}: {exception.Message}", exception);
            }
        }

        void End(Exception exception)
        {
            logger.LogCritical(exception, "a defect: the peer ends");
            Environment.Exit(Defect);
        }
    }

    private static async Task ObeyAsync(PeerShell peer, PeerConfiguration configuration)
    {
        using var commands = new StreamReader(Console.OpenStandardInput());
        while (await commands.ReadLineAsync() is { } command)
        {
            switch (command)
            {
                case BeginCommand:
                    await peer.BeginAsync([.. configuration.Peers.Select(Addresses.Parse)], Engine);
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
