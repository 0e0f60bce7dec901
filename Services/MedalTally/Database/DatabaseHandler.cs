using System.Security.Cryptography;
using System.Text;
using Lab.MedalTally.Group;
using Lab.MedalTally.Protocol;
using Lab.MedalTally.Stores;
using Lab.MedalTally.Tables;
using Lab.Transport.Frames;

namespace Lab.MedalTally.Database;

/// <summary>Answers one front-end: the second tier's side of the protocol.</summary>
/// <param name="store">The board.</param>
/// <param name="group">Has the register of groups.</param>
/// <param name="secret">Of the tiers: nobody else is answered.</param>
internal sealed class DatabaseHandler(ITallyStore store, GroupHost group, string secret) : IFrameHandler
{
    /// <summary>So long a question for changes waits for one.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private bool _isKnown;

    /// <summary>What this front-end was told last: another log has other changes under the same versions.</summary>
    private UpdateLog? _followed;

    public IFrameHandler ForConnection() => new DatabaseHandler(store, group, secret);

    public ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (DatabaseFrames.ReadCall(payload.Span) is not { } call || DatabaseFrames.ReadId(payload.Span) is not { } id)
        {
            return Answer(DatabaseFrames.Refusal(DatabaseFrames.ReadId(payload.Span), "this is no request"));
        }

        if (call == DatabaseCall.Hello)
        {
            _isKnown = CryptographicOperations.FixedTimeEquals(DatabaseFrames.Secret(payload.Span), Encoding.UTF8.GetBytes(secret));
        }

        if (!_isKnown)
        {
            return Answer(DatabaseFrames.Refusal(id, "whoever asks says the secret of the tiers first"));
        }

        return call switch
        {
            DatabaseCall.Read when DatabaseFrames.TryReadRows(payload.Span, out var rows) => ReadAsync(id, rows),
            DatabaseCall.Write when DatabaseFrames.TryReadWrites(payload.Span, out var writes) => WriteAsync(id, writes),
            DatabaseCall.Board => ReadBoardAsync(id, cancellationToken),
            DatabaseCall.Updates when DatabaseFrames.TryReadVersion(payload.Span, out var after) => ReadUpdatesAsync(id, after, cancellationToken),
            DatabaseCall.Register when DatabaseFrames.ReadRegisterRequest(payload.Span) is { } request => Answer(AskRegister(id, request)),
            DatabaseCall.Hello => Answer(DatabaseFrames.Done(id)),
            _ => Answer(DatabaseFrames.Refusal(id, "the request asks for what there is not, or for too much at once")),
        };
    }

    public int MaxReplyBytes(ReadOnlySpan<byte> payload) => DatabaseFrames.ReadCall(payload) switch
    {
        DatabaseCall.Updates => (DatabaseFrames.MostUpdates + 1) * DatabaseFrames.RowBytes,
        _ => (DatabaseFrames.MostTogether + 1) * (DatabaseFrames.RowBytes + 1),
    };

    public OutgoingFrame Refuse(TransportRefusal refusal) => DatabaseFrames.Refusal(null, refusal switch
    {
        TransportRefusal.FrameTooLarge => "the frame is too large",
        TransportRefusal.FrameTimeout => "a frame was begun and not finished in time",
        _ => "the database server has as many connections as it may",
    });

    private static ValueTask<OutgoingFrame?> Answer(OutgoingFrame frame) => ValueTask.FromResult<OutgoingFrame?>(frame);

    private OutgoingFrame AskRegister(long id, RegisterRequest request)
    {
        try
        {
            return group.Register is { } register
                ? DatabaseFrames.RegisterReply(id, register.Answer(request))
                : DatabaseFrames.Refusal(id, "no group is open");
        }
        catch (StoreException exception)
        {
            return DatabaseFrames.Refusal(id, exception.Message);
        }
    }

    private async ValueTask<OutgoingFrame?> ReadAsync(long id, (RowKind Kind, int Index)[] rows)
    {
        try
        {
            var reads = new Task<TallyRow>[rows.Length];
            for (var number = 0; number < rows.Length; number++)
            {
                reads[number] = store.ReadAsync(rows[number].Kind, rows[number].Index).AsTask();
            }

            var frame = DatabaseFrames.Done(id);
            foreach (var read in reads)
            {
                frame.WriteRow(await read);
            }

            return frame;
        }
        catch (StoreException exception)
        {
            return DatabaseFrames.Refusal(id, exception.Message);
        }
    }

    private async ValueTask<OutgoingFrame?> WriteAsync(long id, TallyWrite[] writes)
    {
        var pending = new Task<TallyRow>[writes.Length];
        for (var number = 0; number < writes.Length; number++)
        {
            pending[number] = store.WriteAsync(writes[number]).AsTask();
        }

        var frame = DatabaseFrames.Done(id);
        foreach (var write in pending)
        {
            try
            {
                frame.WriteOutcome(WriteOutcome.Durable, await write);
            }
            catch (StoreException exception)
            {
                frame.WriteOutcome(exception.IsOutcomeUnknown ? WriteOutcome.Unknown : WriteOutcome.NotDone, default);
            }
        }

        return frame;
    }

    private async ValueTask<OutgoingFrame?> ReadBoardAsync(long id, CancellationToken cancellationToken)
    {
        try
        {
            var board = await store.ReadBoardAsync(cancellationToken);
            var frame = DatabaseFrames.Done(id);
            frame.WriteInt64(board.Version);
            foreach (var row in board.Rows)
            {
                frame.WriteRow(row);
            }

            return frame;
        }
        catch (StoreException exception)
        {
            return DatabaseFrames.Refusal(id, exception.Message);
        }
    }

    /// <summary>An empty reply: nothing has changed. One that begins with another version than was asked for: begin anew there.</summary>
    private async ValueTask<OutgoingFrame?> ReadUpdatesAsync(long id, long after, CancellationToken cancellationToken)
    {
        var log = store.Updates;
        if (_followed is not null && _followed != log)
        {
            _followed = log;
            var other = DatabaseFrames.Done(id);
            other.WriteInt64(DatabaseFrames.OtherBoard);
            return other;
        }

        _followed = log;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LongestWait);
        await log.WaitAsync(after, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var frame = DatabaseFrames.Done(id);
        var updates = log.Read(after, DatabaseFrames.MostUpdates);
        frame.WriteInt64(updates is null ? log.First : after);
        foreach (var update in updates ?? [])
        {
            frame.WriteRow(update);
        }

        return frame;
    }
}
