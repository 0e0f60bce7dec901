using System.Diagnostics;
using System.Text.Json;
using Lab.Harness.Load;
using Lab.Transport.Native;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>
/// Connections of a process of their own, which is steered by lines of JSON over its standard input and answers over its
/// standard output. It ends when its input does, so it never outlives this process.
/// </summary>
internal sealed class LoadProcess : IConnectionGroup
{
    public const string Command = "connection-load";

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly Process _process;

    private LoadProcess(Process process) => _process = process;

    public int? ProcessId => _process.Id;

    /// <exception cref="IOException">The program does not start.</exception>
    public static LoadProcess Start()
    {
        // Whoever hosts the harness: its own program can be started.
        var start = new ProcessStartInfo("dotnet", [typeof(LoadProcess).Assembly.Location, Command])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return new LoadProcess(Process.Start(start) ?? throw new IOException("a load process does not start"));
    }

    /// <summary>The other end: does what its input says until that ends.</summary>
    public static async Task ServeAsync(TextReader input, TextWriter output, CancellationToken cancellationToken)
    {
        _ = DescriptorLimit.Raise();
        await using var connections = new LocalConnections();
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            var reply = await AnswerAsync(connections, line, cancellationToken);
            await output.WriteLineAsync(LoadLines.Write(reply).AsMemory(), cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
    }

    public async Task<OpenedConnections> OpenAsync(OpenOrder order, CancellationToken cancellationToken) =>
        (await AskAsync(new LoadRequest(Open: order), cancellationToken)).Opened ?? throw NotInKind();

    public async Task<LoadOutcome> RunAsync(RunOrder order, CancellationToken cancellationToken) =>
        (await AskAsync(new LoadRequest(Run: order), cancellationToken)).Ran?.ToOutcome() ?? throw NotInKind();

    public async Task<ClosedConnections> CloseAsync(CancellationToken cancellationToken) =>
        (await AskAsync(new LoadRequest(Close: true), cancellationToken)).Closed ?? throw NotInKind();

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(EndPatience);
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static async Task<LoadReply> AnswerAsync(LocalConnections connections, string line, CancellationToken cancellationToken)
    {
        try
        {
            return LoadLines.Read<LoadRequest>(line) switch
            {
                { Open: { } order } => new LoadReply(Opened: await connections.OpenAsync(order, cancellationToken)),
                { Run: { } order } => new LoadReply(Ran: RunReport.Of(await connections.RunAsync(order, cancellationToken))),
                { Close: true } => new LoadReply(Closed: await connections.CloseAsync(cancellationToken)),
                _ => new LoadReply(Error: "an order without content"),
            };
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whoever asked shall know why, and decides.
            return new LoadReply(Error: exception.Message);
        }
    }

    private async Task<LoadReply> AskAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(LoadLines.Write(request).AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
            var line = await _process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new IOException("a load process ended");
            var reply = LoadLines.Read<LoadReply>(line);
            return reply.Error is null ? reply : throw new IOException($"a load process failed: {reply.Error}");
        }
        catch (JsonException exception)
        {
            throw new IOException("a load process answered something else", exception);
        }
    }

    private static IOException NotInKind() => new("a load process answered another question");
}
