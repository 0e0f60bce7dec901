using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Transport.Native;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>The closed loop on every connection: a request, its reply, the next request.</summary>
internal sealed partial class ConnectionLoop
{
    /// <summary>No further event comes after one of these.</summary>
    private const EpollEvents Ended = EpollEvents.PeerClosed | EpollEvents.HangUp | EpollEvents.Error;

    private static readonly double NsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly LatencyHistogram _latency = new();
    private readonly byte[] _request = new byte[EchoRequest.Bytes];

    /// <summary>Longer than any reply: a short read has drained the socket, and bytes that nobody asked for are seen.</summary>
    private readonly byte[] _received = new byte[2 * EchoRequest.Bytes];
    private int _waiting;
    private long _endTicks;

    /// <summary>Sends requests on every open connection until all have their replies, are lost, or are given up.</summary>
    public LoopRun Run(RunOrder order, Barrier start, CancellationToken cancellationToken)
    {
        _latency.Reset();
        start.SignalAndWait(cancellationToken);
        var begun = _progressTicks = Stopwatch.GetTimestamp();
        _endTicks = order.Requests > 0 ? long.MaxValue : begun + (long)(order.DurationMs / 1000 * Stopwatch.Frequency);
        for (var index = 0; index < _connections.Length; index++)
        {
            ref var connection = ref _connections[index];
            if (connection.Phase == ConnectionPhase.Idle)
            {
                connection.Phase = ConnectionPhase.Waiting;
                connection.RequestsLeft = order.Requests > 0 ? order.Requests : int.MaxValue;
                _waiting++;
                Send(ref connection, index, Stopwatch.GetTimestamp());
            }
        }

        while (_waiting > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            HandleEvents(_waitMs);
            if (HasStalled())
            {
                GiveUp(ConnectionPhase.Waiting, "no reply");
            }
        }

        return new LoopRun(_latency, TakeErrors(), begun, Stopwatch.GetTimestamp());
    }

    private void OnReady(ref ConnectionState connection, int index, EpollEvents events)
    {
        if ((events & (EpollEvents.In | Ended)) != EpollEvents.None)
        {
            Receive(ref connection, index, drains: (events & Ended) != EpollEvents.None);
        }

        if (connection.Phase == ConnectionPhase.Waiting && connection.Sent < EchoRequest.Bytes)
        {
            SendRest(ref connection, index);
        }
    }

    /// <param name="connection">Where from.</param>
    /// <param name="index">Its place.</param>
    /// <param name="drains">Reads until there is nothing more; otherwise a short read is taken for that.</param>
    private void Receive(ref ConnectionState connection, int index, bool drains)
    {
        int count;
        do
        {
            count = NativeTcp.Receive(connection.Fd, _received);
            if (count <= 0)
            {
                if (count != -Errno.TryAgain)
                {
                    Lose(ref connection, ErrorKinds.ConnectionLost);
                }

                return;
            }

            Take(ref connection, index, count);
        }
        while (connection.Phase is ConnectionPhase.Idle or ConnectionPhase.Waiting && (drains || count == _received.Length));
    }

    /// <summary>Compares what has come with what was sent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(ref ConnectionState connection, int index, int count)
    {
        if (connection.Phase != ConnectionPhase.Waiting || count > connection.Sent - connection.Received)
        {
            // Nobody asked for these bytes: what comes after them would be compared with the wrong request.
            Lose(ref connection, ErrorKinds.WrongAnswer);
            return;
        }

        var now = _progressTicks = Stopwatch.GetTimestamp();
        EchoRequest.Write(_request, _firstNumber + index, connection.Replies);
        if (!_request.AsSpan(connection.Received, count).SequenceEqual(_received.AsSpan(0, count)))
        {
            connection.Differs = true;
        }

        connection.Received += count;
        if (connection.Received == EchoRequest.Bytes)
        {
            Complete(ref connection, index, now);
        }
    }

    private void Complete(ref ConnectionState connection, int index, long nowTicks)
    {
        var ticks = nowTicks - connection.SentTicks;
        connection.Replies++;
        connection.ResponseTicks += ticks;
        connection.LastReplyTicks = nowTicks;
        if (connection.Differs)
        {
            Count(ErrorKinds.WrongAnswer);
        }
        else
        {
            _latency.Record((long)(ticks * NsPerTick));
        }

        connection.RequestsLeft--;
        if (connection.RequestsLeft > 0 && nowTicks < _endTicks)
        {
            Send(ref connection, index, nowTicks);
        }
        else
        {
            connection.Phase = ConnectionPhase.Idle;
            _waiting--;
        }
    }

    private void Send(ref ConnectionState connection, int index, long nowTicks)
    {
        connection.SentTicks = nowTicks;
        connection.Sent = 0;
        connection.Received = 0;
        connection.Differs = false;
        if (connection.Replies == 0)
        {
            connection.FirstSentTicks = nowTicks;
        }

        SendRest(ref connection, index);
    }

    private void SendRest(ref ConnectionState connection, int index)
    {
        EchoRequest.Write(_request, _firstNumber + index, connection.Replies);
        var count = NativeTcp.Send(connection.Fd, _request.AsSpan(connection.Sent));
        if (count >= 0)
        {
            connection.Sent += count;
            connection.Bytes += count;
        }
        else if (count != -Errno.TryAgain)
        {
            Lose(ref connection, ErrorKinds.ConnectionLost);
        }
    }
}
