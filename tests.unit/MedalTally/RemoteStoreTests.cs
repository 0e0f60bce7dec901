using System.Net;
using System.Net.Sockets;
using Lab.MedalTally.Protocol;
using Lab.MedalTally.Stores;
using Lab.MedalTally.Tables;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.MedalTally;

/// <summary>What a front-end says when the database server is not as it should be: here it is a socket that does as the test says.</summary>
public sealed class RemoteStoreTests : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly RemoteStore _store;

    public RemoteStoreTests()
    {
        _listener.Start();
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _store = new RemoteStore(() => new DnsEndPoint("127.0.0.1", port), "secret", NullLogger.Instance);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _listener.Dispose();
    }

    [Fact]
    public async Task Where_nobody_listens_nothing_was_done()
    {
        _listener.Stop();
        Assert.False((await WriteFailsAsync()).IsOutcomeUnknown);
        Assert.False((await Assert.ThrowsAsync<StoreException>(async () => await _store.ReadAsync(RowKind.Team, 0))).IsOutcomeUnknown);
        Assert.False((await Assert.ThrowsAsync<StoreException>(async () => await _store.ReadBoardAsync(Token))).IsOutcomeUnknown);
    }

    [Fact]
    public async Task Of_a_write_that_was_sent_and_not_answered_nobody_knows()
    {
        var writing = WriteFailsAsync();
        using (var server = await AcceptAsync())
        {
            await AnswerAsync(server, DatabaseCall.Hello, DatabaseFrames.Done);
            await AnswerAsync(server, DatabaseCall.Write, answer: null);
        }

        Assert.True((await writing).IsOutcomeUnknown);
    }

    [Fact]
    public async Task A_row_or_an_outcome_too_few_is_no_answer()
    {
        var writing = WriteFailsAsync();
        using var server = await AcceptAsync();
        await AnswerAsync(server, DatabaseCall.Hello, DatabaseFrames.Done);
        await AnswerAsync(server, DatabaseCall.Write, DatabaseFrames.Done);
        Assert.True((await writing).IsOutcomeUnknown);

        var reading = Assert.ThrowsAsync<StoreException>(async () => await _store.ReadAsync(RowKind.Team, 0));
        await AnswerAsync(server, DatabaseCall.Read, DatabaseFrames.Done);
        Assert.Contains("another number of rows", (await reading).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((int)WriteOutcome.Durable, null)]
    [InlineData((int)WriteOutcome.NotDone, false)]
    [InlineData((int)WriteOutcome.Unknown, true)]
    public async Task What_the_database_server_says_of_a_write_is_passed_on(int outcome, bool? isUnknown)
    {
        var writing = _store.WriteAsync(TallyWrite.Increment(1, Medal.Gold)).AsTask();
        using var server = await AcceptAsync();
        await AnswerAsync(server, DatabaseCall.Hello, DatabaseFrames.Done);
        var row = new TallyRow(RowKind.Team, 1, 5, 0, 0, 9);
        await AnswerAsync(server, DatabaseCall.Write, id =>
        {
            var frame = DatabaseFrames.Done(id);
            frame.WriteOutcome((WriteOutcome)outcome, row);
            return frame;
        });
        if (isUnknown is null)
        {
            Assert.Equal(row, await writing);
        }
        else
        {
            Assert.Equal(isUnknown, (await Assert.ThrowsAsync<StoreException>(() => writing)).IsOutcomeUnknown);
        }
    }

    /// <summary>Each attempt is a connection, and the next one follows soon.</summary>
    [Fact]
    public async Task Who_is_refused_leaves_no_connection_behind()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var writing = WriteFailsAsync();
            using var server = await AcceptAsync();
            await AnswerAsync(server, DatabaseCall.Hello, id => DatabaseFrames.Refusal(id, "another secret"));
            var refusal = await writing;
            Assert.False(refusal.IsOutcomeUnknown);
            Assert.Contains("another secret", refusal.Message, StringComparison.Ordinal);

            await EndAsync(server);

            // For so long nobody tries again.
            await Task.Delay(100, Token);
        }
    }

    private static async Task EndAsync(Socket server)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            Assert.Equal(0, await server.ReceiveAsync(new byte[1], patience.Token));
        }
        catch (SocketException)
        {
            // That is an end, too.
        }
    }

    private async Task<StoreException> WriteFailsAsync() =>
        await Assert.ThrowsAsync<StoreException>(async () => await _store.WriteAsync(TallyWrite.Increment(0, Medal.Gold)));

    private async Task<Socket> AcceptAsync() => await _listener.AcceptSocketAsync(Token);

    /// <summary>Reads a request, which must be this one, and answers it or not.</summary>
    private static async Task AnswerAsync(Socket server, DatabaseCall expected, Func<long, OutgoingFrame>? answer)
    {
        using var reader = new FrameReader();
        ReadOnlyMemory<byte> payload;
        while (reader.TryRead(out payload) != FrameStatus.Complete)
        {
            var received = await server.ReceiveAsync(reader.Free(), Token);
            Assert.True(received > 0, "the front-end has closed the connection");
            reader.Received(received);
        }

        Assert.Equal(expected, DatabaseFrames.ReadCall(payload.Span));
        if (answer is not null)
        {
            using var frame = answer(DatabaseFrames.ReadId(payload.Span)!.Value);
            await server.SendAsync(frame.Wire, Token);
        }
    }
}
