using System.Security.Cryptography;
using Lab.Transport.Frames;

namespace Lab.MedalTally.Group;

/// <summary>Takes frames of one connection for a member: first who it is from, and a proof that it is one; then what it says.</summary>
/// <param name="run">Of the group.</param>
/// <param name="secret">Of the tiers.</param>
/// <param name="receive">Gets what members say. False: too much waits already, and it is lost.</param>
internal sealed class GroupHandler(long run, byte[] secret, Func<GroupFrame, bool> receive) : IFrameHandler
{
    private int? _member;

    public IFrameHandler ForConnection() => new GroupHandler(run, secret, receive);

    /// <summary>Members answer nothing: what is wrong is not heard.</summary>
    public ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (!GroupFrames.TryRead(payload.Span, out var frame))
        {
            return default;
        }

        if (frame.Secret is { } given)
        {
            _member = frame.Run == run && CryptographicOperations.FixedTimeEquals(given, secret) ? frame.From : null;
        }
        else if (frame.From == _member)
        {
            receive(frame);
        }

        return default;
    }

    public OutgoingFrame Refuse(TransportRefusal refusal) => new();
}
