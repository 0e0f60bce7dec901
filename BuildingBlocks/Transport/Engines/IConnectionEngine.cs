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
}
