using System.Net.Sockets;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.Transport.Engines;

/// <summary>
/// An I/O model: how a server waits for its connections. Every engine speaks the same frames with the same limits, so
/// that it can be exchanged at run time and measured as a factor.
/// </summary>
public interface IConnectionEngine
{
    /// <summary>Name of the factor's value: <c>threads</c>, <c>async</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Serves connections of a listening socket until <paramref name="stop"/>, then finishes the requests under way,
    /// closes its connections and returns. The listener stays open.
    /// </summary>
    Task RunAsync(Socket listener, EngineContext context, CancellationToken stop);
}

/// <summary>What an engine works with.</summary>
public sealed record EngineContext(IFrameHandler Handler, ConnectionLimits Limits, ILogger Logger)
{
    public Framing Framing { get; init; } = Framing.LengthPrefixed;

    /// <summary>Of all connections together.</summary>
    internal UnsentBytes Unsent { get; } = new(Limits, Logger);

    /// <summary>
    /// Told at once, by any thread, when a part of the engine breaks that serves connections: those that it has hang, and
    /// so would those that it gets. An engine that breaks as a whole need not, it just fails.
    /// </summary>
    public required Action<Exception> Broken { get; init; }
}
