using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Lab.TradingPost.Protocol;
using Lab.Transport.Frames;

namespace Lab.TradingPost.Running;

/// <summary>
/// What the peers of one market know and nobody else does: with it they prove to each other, once for each connection, who they
/// are. A proof is the HMAC-SHA256 (RFC 2104) of who proves what to whom, and of two nonces, one from either side: it is good
/// for that connection alone, for that direction, between these two.
/// </summary>
internal sealed class MarketSecret
{
    public const int NonceBytes = 32;
    private const int KeyBytes = 32;
    private const int MostAnswerBytes = 1024;

    private readonly byte[] _key;

    /// <param name="text">As <see cref="New"/> made it.</param>
    /// <exception cref="FormatException">It is none. The message does not repeat it.</exception>
    public MarketSecret(string text) => _key = IsOne(text) ? Convert.FromBase64String(text) : throw new FormatException("this is no secret of a market");

    /// <summary>A new one, in base64.</summary>
    public static string New() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    public static bool IsOne(string? text) =>
        text is not null && Convert.TryFromBase64String(text, new byte[text.Length], out var bytes) && bytes == KeyBytes;

    public static byte[] NewNonce() => RandomNumberGenerator.GetBytes(NonceBytes);

    /// <param name="role">Which of the two proves.</param>
    /// <param name="connection">Between whom, and the nonces.</param>
    public byte[] Prove(ProofRole role, IntroducedConnection connection)
    {
        var what = FormattableString.Invariant($"lab trading post, {role} of {connection.Sender} to {connection.Receiver}\n");
        byte[] proven = [.. Encoding.ASCII.GetBytes(what), .. connection.SenderNonce, .. connection.ReceiverNonce];
        return HMACSHA256.HashData(_key, proven);
    }

    /// <summary>In the same time, whatever is wrong.</summary>
    /// <inheritdoc cref="Prove"/>
    public bool Accepts(ReadOnlySpan<byte> proof, ProofRole role, IntroducedConnection connection) =>
        connection is { SenderNonce.Length: NonceBytes, ReceiverNonce.Length: NonceBytes }
        && CryptographicOperations.FixedTimeEquals(proof, Prove(role, connection));

    /// <summary>The sender's part, on a new connection.</summary>
    /// <exception cref="IOException">Who listens is not that peer of this market, or does not believe the sender.</exception>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async Task IntroduceAsync(Socket socket, int sender, int receiver, CancellationToken cancellationToken)
    {
        using var reader = new FrameReader(MostAnswerBytes);
        var nonce = NewNonce();
        if (await CallAsync(new Envelope(1, sender, new Introduce(nonce))) is not Challenge challenge)
        {
            throw Stranger();
        }

        var connection = new IntroducedConnection(sender, receiver, nonce, challenge.Nonce);
        if (!Accepts(challenge.Proof, ProofRole.Receiver, connection)
            || await CallAsync(new Envelope(2, sender, new Prove(Prove(ProofRole.Sender, connection)))) is not Proven)
        {
            throw Stranger();
        }

        IOException Stranger() => new(FormattableString.Invariant($"who listens for peer {receiver} is not that peer of this market, or does not believe peer {sender}"));

        async Task<PeerMessage?> CallAsync(Envelope envelope)
        {
            using var frame = EnvelopeFrames.Write(envelope);
            for (var rest = frame.Wire; rest.Length > 0;)
            {
                rest = rest[await socket.SendAsync(rest, SocketFlags.None, cancellationToken)..];
            }

            ReadOnlyMemory<byte> payload;
            FrameStatus status;
            while ((status = reader.TryRead(out payload)) == FrameStatus.Incomplete)
            {
                var received = await socket.ReceiveAsync(reader.Free(), SocketFlags.None, cancellationToken);
                reader.Received(received > 0 ? received : throw Stranger());
            }

            return status == FrameStatus.Complete && EnvelopeFrames.TryRead(payload.Span, out _) is { } answer && answer.Id == envelope.Id ? answer.Message : null;
        }
    }
}

/// <summary>Who of the two ends of a connection proves something: a proof of one is none of the other.</summary>
internal enum ProofRole
{
    /// <summary>Who has connected, and speaks.</summary>
    Sender,

    /// <summary>Who listens.</summary>
    Receiver,
}

/// <summary>A connection on which a peer has said who it is.</summary>
/// <param name="Sender">The peer that has connected.</param>
/// <param name="Receiver">The peer that it wants to talk to.</param>
/// <param name="SenderNonce">From the sender.</param>
/// <param name="ReceiverNonce">From the receiver.</param>
internal sealed record IntroducedConnection(int Sender, int Receiver, byte[] SenderNonce, byte[] ReceiverNonce);
