using System.Buffers.Binary;
using System.Net;
using Lab.Harness.Load;
using Lab.Transport.Client;
using Lab.Transport.Frames;

namespace Lab.Harness.Systems.Calibration;

/// <summary>A frame there and back, of the size of a small request.</summary>
internal sealed class EchoClient(int index, DnsEndPoint server) : LoadClient(index), IAsyncDisposable
{
    private const int PayloadBytes = 128;

    private static readonly FrameClientOptions Options = new()
    {
        ReadId = static payload => payload.Length == PayloadBytes ? BinaryPrimitives.ReadInt64LittleEndian(payload) : null,
        DescribeRefusal = static _ => "the echo server refuses the connection",
        ContinueOnReceiver = true,
    };

    private FrameClient? _client;
    private long _id;

    public override async ValueTask ReadyAsync(CancellationToken cancellationToken)
    {
        if (_client is { IsOpen: false } lost)
        {
            _client = null;
            await lost.DisposeAsync();
        }

        _client ??= await FrameClient.ConnectAsync(server, Options, cancellationToken);
    }

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        var client = _client ?? throw new IOException("there is no connection");
        var id = ++_id;
        var frame = new OutgoingFrame();
        var payload = frame.GetSpan(PayloadBytes)[..PayloadBytes];
        payload.Fill((byte)id);
        BinaryPrimitives.WriteInt64LittleEndian(payload, id);
        frame.Advance(PayloadBytes);
        var last = await client.CallAsync(id, frame, static reply => reply.Span[^1], cancellationToken);
        if (last != (byte)id)
        {
            throw new WrongAnswerException("the echo differs from what was sent");
        }
    }

    public ValueTask DisposeAsync() => _client?.DisposeAsync() ?? ValueTask.CompletedTask;
}
