using System.Net;
using Lab.MedalTally.Group;
using Lab.MedalTally.Protocol;
using Lab.MedalTally.Tables;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Stores;

/// <summary>
/// The board at the database server: a front-end's way to it. What is asked for while a frame is on its way leaves together in
/// the next one; reads and writes apart, so that a read does not wait for the disk.
/// </summary>
internal sealed class RemoteStore : ITallyStore
{
    private readonly DatabaseConnection _connection;
    private readonly RequestBatches<(RowKind Kind, int Index), TallyRow> _reads;
    private readonly RequestBatches<TallyWrite, (WriteOutcome Outcome, TallyRow Row)> _writes;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private volatile UpdateLog _updates = new();
    private Task? _following;

    /// <param name="database">Where the database server listens; may be another way to it each time it is asked for.</param>
    /// <param name="secret">Of the tiers.</param>
    /// <param name="logger">Hears of connections that break.</param>
    public RemoteStore(Func<DnsEndPoint> database, string secret, ILogger logger)
    {
        _connection = new DatabaseConnection(database, secret, logger);
        _reads = new(new BatchLimits(MostUnderWay: 1, DatabaseFrames.MostTogether), ReadAsync);
        _writes = new(new BatchLimits(MostUnderWay: 1, DatabaseFrames.MostTogether), WriteAsync);
    }

    public UpdateLog Updates => _updates;

    public async ValueTask<TallyRow> ReadAsync(RowKind kind, int index)
    {
        try
        {
            return await _reads.AskAsync((kind, index));
        }
        catch (Exception exception) when (DatabaseConnection.IsFailure(exception))
        {
            throw new StoreException($"the database server: {exception.Message}", isOutcomeUnknown: false, exception);
        }
    }

    public async ValueTask<TallyRow> WriteAsync(TallyWrite write)
    {
        try
        {
            var (outcome, row) = await _writes.AskAsync(write);
            return outcome == WriteOutcome.Durable
                ? row
                : throw new StoreException(
                    outcome == WriteOutcome.Unknown ? "the database server does not know whether it is durable" : "the database server could not write it",
                    outcome == WriteOutcome.Unknown);
        }
        catch (Exception exception) when (DatabaseConnection.IsFailure(exception))
        {
            throw new StoreException($"the database server: {exception.Message}", exception is not NotConnectedException, exception);
        }
    }

    public async ValueTask<BoardState> ReadBoardAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.CallAsync(
                DatabaseFrames.Board,
                static payload =>
                {
                    var (version, rows) = VersionAndRows(payload.Span);
                    return new BoardState(version, rows);
                },
                cancellationToken);
        }
        catch (Exception exception) when (DatabaseConnection.IsFailure(exception))
        {
            throw new StoreException($"the database server: {exception.Message}", isOutcomeUnknown: false, exception);
        }
    }

    /// <summary>Asks the register of a group, which is the database server's.</summary>
    /// <exception cref="StoreException">It does not answer, or refuses.</exception>
    public async Task<RegisterReply> AskRegisterAsync(RegisterRequest request)
    {
        try
        {
            return await _connection.CallAsync(
                id => DatabaseFrames.Register(id, request), static payload => DatabaseFrames.ReadRegisterReply(payload.Span), CancellationToken.None);
        }
        catch (Exception exception) when (DatabaseConnection.IsFailure(exception))
        {
            throw new StoreException($"the database server: {exception.Message}", isOutcomeUnknown: true, exception);
        }
    }

    /// <summary>Asks for changes from now on, since somebody wants to know.</summary>
    public void Follow()
    {
        lock (_gate)
        {
            _following ??= FollowAsync(_stopping.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_following is { } following)
        {
            await following;
        }

        await _connection.DisposeAsync();
        _stopping.Dispose();
    }

    private Task<TallyRow[]> ReadAsync(IReadOnlyList<(RowKind Kind, int Index)> rows) => _connection.CallAsync(
        id => DatabaseFrames.Read(id, rows),
        payload => DatabaseFrames.ReadRows(DatabaseFrames.Body(payload.Span)) is { } read && read.Length == rows.Count
            ? read
            : throw new IOException("the reply has another number of rows"),
        CancellationToken.None);

    private Task<(WriteOutcome Outcome, TallyRow Row)[]> WriteAsync(IReadOnlyList<TallyWrite> writes) => _connection.CallAsync(
        id => DatabaseFrames.Write(id, writes),
        payload =>
        {
            const int Each = DatabaseFrames.RowBytes + 1;
            var body = DatabaseFrames.Body(payload.Span);
            if (body.Length != writes.Count * Each)
            {
                throw new IOException("the reply has another number of outcomes");
            }

            var outcomes = new (WriteOutcome, TallyRow)[writes.Count];
            for (var number = 0; number < outcomes.Length; number++)
            {
                outcomes[number] = ((WriteOutcome)body[number * Each], DatabaseFrames.ReadRow(body[((number * Each) + 1)..]));
            }

            return outcomes;
        },
        CancellationToken.None);

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        for (var after = 0L; !cancellationToken.IsCancellationRequested;)
        {
            try
            {
                var (from, updates) = await _connection.CallAsync(
                    id => DatabaseFrames.Updates(id, after), static payload => VersionAndRows(payload.Span), cancellationToken);
                if (from != after)
                {
                    // The database server remembers no more than what follows this, or has another board now.
                    BeginAnew(after = Math.Max(0, from));
                }

                _updates.Add(updates);
                after = updates is [.., var last] ? last.Version : after;
            }
            catch (Exception exception) when (DatabaseConnection.IsFailure(exception) || exception is OperationCanceledException)
            {
                // Until the database server is there again nothing changes.
                await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void BeginAnew(long version)
    {
        var (before, next) = (_updates, new UpdateLog());
        next.StartAfter(version);
        _updates = next;
        before.Wake();
    }

    private static (long Version, TallyRow[] Rows) VersionAndRows(ReadOnlySpan<byte> payload)
    {
        var body = DatabaseFrames.Body(payload);
        return System.Buffers.Binary.BinaryPrimitives.TryReadInt64BigEndian(body, out var version)
            ? (version, DatabaseFrames.ReadRows(body[sizeof(long)..]))
            : throw new IOException("the reply is too short");
    }
}
