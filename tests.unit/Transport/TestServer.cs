using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.Transport;

/// <summary>Servers for tests of the engines.</summary>
internal static class TestServer
{
    /// <summary>Those that run here: each has to keep all promises.</summary>
    public static TheoryData<string> Engines => [.. ConnectionEngines.Offered];

    public static Task<FrameServer> StartAsync(string engine, TestHandler handler, ConnectionLimits? limits = null) =>
        StartAsync(engine, handler, limits, new FrameServerOptions { Framing = handler.Framing });

    public static async Task<FrameServer> StartAsync(
        string engine, IFrameHandler handler, ConnectionLimits? limits, FrameServerOptions? options = null)
    {
        var server = new FrameServer(
            new IPEndPoint(IPAddress.Loopback, 0), handler, limits ?? new ConnectionLimits(), NullLogger.Instance, _ => { }, options);
        await server.SwitchEngineAsync(engine, TestContext.Current.CancellationToken);
        return server;
    }
}

/// <summary>Answers with the request; may wait, and may fail.</summary>
internal sealed class TestHandler : IFrameHandler
{
    private int _atOnce;
    private int _mostAtOnce;
    private int _requests;

    public long FailOn { get; init; }

    /// <summary>Frames that begin with this byte get no reply; 0: there are none.</summary>
    public byte SilentOn { get; init; }

    /// <summary>Replies are of this size, whatever was asked; 0: the request itself.</summary>
    public int ReplyBytes { get; init; }

    public Framing Framing { get; init; }

    public TaskCompletionSource? Gate { get; init; }

    public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Connections that were closed in order, as they were reported.</summary>
    public ConcurrentQueue<ClosedConnection> ClosedConnections { get; } = [];

    public int Requests => Volatile.Read(ref _requests);

    public int MostAtOnce => Volatile.Read(ref _mostAtOnce);

    public async ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var reply = new OutgoingFrame(Framing);
        reply.Write(ReplyBytes == 0 ? payload.Span : new byte[ReplyBytes]);
        var isSilent = SilentOn != 0 && payload.Length > 0 && payload.Span[0] == SilentOn;
        var id = payload.Length < 8 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(payload.Span);
        Interlocked.Increment(ref _requests);
        var atOnce = Interlocked.Increment(ref _atOnce);
        InterlockedMax(ref _mostAtOnce, atOnce);
        Entered.TrySetResult();
        if (Gate is not null)
        {
            await Gate.Task;
        }

        Interlocked.Decrement(ref _atOnce);
        if (isSilent)
        {
            reply.Dispose();
            return null;
        }

        return id == FailOn && id != 0 ? throw new InvalidOperationException("as the test wants it") : reply;
    }

    public int MaxReplyBytes(ReadOnlySpan<byte> payload) => ReplyBytes == 0 ? payload.Length : ReplyBytes;

    public OutgoingFrame Refuse(TransportRefusal refusal)
    {
        var frame = new OutgoingFrame(Framing);
        frame.Write(Encoding.ASCII.GetBytes(refusal.ToString()));
        return frame;
    }

    public void Closed(in ClosedConnection connection) => ClosedConnections.Enqueue(connection);

    private static void InterlockedMax(ref int target, int value)
    {
        int current;
        while (value > (current = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, current) != current)
        {
        }
    }
}

/// <summary>A peer that sends whatever a test wants, when it wants.</summary>
internal sealed class RawPeer : IDisposable
{
    private readonly Socket _socket;
    private readonly FrameReader _reader = new(int.MaxValue);

    private RawPeer(Socket socket) => _socket = socket;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public static async Task<RawPeer> ConnectAsync(FrameServer server, int? receiveBufferBytes = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes)
        {
            socket.ReceiveBufferSize = bytes;
        }

        await socket.ConnectAsync(server.Endpoint, Token);
        return new RawPeer(socket);
    }

    public static byte[] Frame(byte[] first, byte last) => Frame([.. first, last]);

    public static byte[] Frame(params byte[] payload)
    {
        var wire = new byte[FrameFormat.HeaderBytes + payload.Length];
        FrameFormat.WriteLength(wire, payload.Length);
        payload.CopyTo(wire, FrameFormat.HeaderBytes);
        return wire;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, Token)..];
        }
    }

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a reset instead of an end.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, 0);
        _socket.Dispose();
    }

    public async Task<int> ReceiveAsync(Memory<byte> into) => await _socket.ReceiveAsync(into, SocketFlags.None, Token);

    /// <summary>The payload of the next reply, which must come.</summary>
    public async Task<byte[]> AnswerAsync() => await ReadAsync() ?? throw new EndOfStreamException("the server ended the stream");

    /// <summary>The payload of the next reply; null at the end of the stream.</summary>
    public async Task<byte[]?> ReadAsync()
    {
        while (true)
        {
            if (_reader.TryRead(out var payload) == FrameStatus.Complete)
            {
                return payload.ToArray();
            }

            var received = await ReceiveAsync(_reader.Free());
            if (received == 0)
            {
                return null;
            }

            _reader.Received(received);
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _reader.Dispose();
    }
}
