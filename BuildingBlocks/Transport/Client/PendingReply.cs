namespace Lab.Transport.Client;

/// <summary>A request under way.</summary>
internal abstract class PendingReply(FrameClientOptions options)
{
    public long DeadlineMs { get; } = Environment.TickCount64 + (long)options.ReplyTimeout.TotalMilliseconds;

    public abstract void Deliver(ReadOnlyMemory<byte> payload);

    public abstract void Fail(Exception reason);
}

internal sealed class PendingReply<TReply>(ReplyParser<TReply> parse, FrameClientOptions options) : PendingReply(options)
{
    private readonly TaskCompletionSource<TReply> _reply = new(
        options.ContinueOnReceiver ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TReply> Task => _reply.Task;

    public override void Deliver(ReadOnlyMemory<byte> payload)
    {
        try
        {
            _reply.TrySetResult(parse(payload));
        }
        catch (Exception exception)
        {
            // A reply that cannot be read concerns its caller only; the connection and the other calls go on.
            _reply.TrySetException(exception);
        }
    }

    public override void Fail(Exception reason) => _reply.TrySetException(reason);
}
