using System.Net;
using System.Net.Sockets;
using Lab.ServiceDefaults;
using Lab.Transport.Client;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Group;

/// <summary>Where a member listens, and how it reaches the others.</summary>
/// <param name="Id">Its own.</param>
/// <param name="Listen">Its own.</param>
/// <param name="Addresses">Of all members by id.</param>
/// <param name="Secret">Of the tiers.</param>
internal sealed record GroupPlace(int Id, IPEndPoint Listen, IReadOnlyList<DnsEndPoint> Addresses, string Secret);

/// <summary>A member's connections to the others: what it says to them leaves together, when it says so. For one thread, but for its end.</summary>
internal sealed class GroupConnections : IAsyncDisposable
{
    /// <summary>What may wait for a member that does not take it; more is lost, and said again later.</summary>
    private const int MostWaitingBytes = 8 * 1024 * 1024;

    private readonly GroupPlace _place;
    private readonly long _run;
    private readonly ILogger _logger;
    private readonly LogLimiter _dropped = new();
    private readonly FrameSender?[] _senders;
    private readonly HashSet<FrameSender> _toFlush = [];

    /// <summary>Begins to connect.</summary>
    /// <param name="place">Of the member.</param>
    /// <param name="run">Of the group.</param>
    /// <param name="lost">Told of a member whose connection has ended; by any thread.</param>
    /// <param name="logger">Hears of what is dropped.</param>
    public GroupConnections(GroupPlace place, long run, Action<int> lost, ILogger logger)
    {
        (_place, _run, _logger) = (place, run, logger);
        _senders =
        [
            .. place.Addresses.Select((address, id) => id == place.Id
                ? null
                : new FrameSender(address, new FrameSenderOptions { Introduce = IntroduceAsync, MaxWaitingBytes = MostWaitingBytes }, _ => lost(id))),
        ];
    }

    /// <summary>Queues a frame, which is disposed of.</summary>
    public void Queue(int to, OutgoingFrame frame)
    {
        using (frame)
        {
            if (_senders[to] is not { } sender)
            {
                return;
            }

            if (sender.TryQueue(frame.Wire.Span))
            {
                _toFlush.Add(sender);
            }
            else if (_dropped.Allows(out var more))
            {
                _logger.LogWarning("member {Member} does not take what is sent to it: a message was dropped, and {More} before", to, more);
            }
        }
    }

    /// <summary>What waits for a member leaves now.</summary>
    public void Flush(int to) => _senders[to]?.Flush();

    public void Flush()
    {
        foreach (var sender in _toFlush)
        {
            sender.Flush();
        }

        _toFlush.Clear();
    }

    /// <summary>A member is there again, as its own words show.</summary>
    public void Hurry(int member) => _senders[member]?.Hurry();

    public async ValueTask DisposeAsync()
    {
        foreach (var sender in _senders)
        {
            await (sender?.DisposeAsync() ?? default);
        }
    }

    private async Task IntroduceAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var hello = GroupFrames.Hello(_place.Id, _run, _place.Secret);
        for (var wire = hello.Wire; wire.Length > 0;)
        {
            wire = wire[await socket.SendAsync(wire, SocketFlags.None, cancellationToken)..];
        }
    }
}
