using System.Net;
using System.Net.Sockets;
using Lab.Storage.MySql;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.Storage;

/// <summary>Batches whose database cannot be had: a listener that accepts and says nothing.</summary>
public sealed class BatcherTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _database = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly DatabasePool _pool;
    private readonly Batcher<int, int> _batcher;

    public BatcherTests()
    {
        _database.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _database.Listen();
        var port = ((IPEndPoint)_database.LocalEndPoint!).Port;
        var routes = new Dictionary<string, string>(StringComparer.Ordinal) { ["direct"] = FormattableString.Invariant($"Server=127.0.0.1;Port={port};SslMode=None") };
        _pool = new DatabasePool(
            new DatabaseRoutes(routes, "direct"), new DatabasePoolOptions { ReconnectPause = TimeSpan.Zero }, NullLogger.Instance);
        _batcher = new Batcher<int, int>(_pool, new BatchOptions(DatabaseAccess.Read), (_, _) => Task.CompletedTask);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task Requests_that_come_while_an_attempt_fails_have_one_of_their_own()
    {
        var first = _batcher.RunAsync(1);
        using (await AcceptAsync())
        {
            _ = _batcher.RunAsync(2);
        }

        // The connection was closed without a word: the attempt has failed, for the one who was there when it began.
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => first.WaitAsync(Patience));
        using var another = await AcceptAsync();
    }

    [Fact]
    public async Task Requests_that_wait_for_the_next_attempt_are_answered_by_it_together()
    {
        var first = _batcher.RunAsync(1);
        Task<int>[] later;
        using (await AcceptAsync())
        {
            later = [.. Enumerable.Range(2, 5).Select(_batcher.RunAsync)];
        }

        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => first.WaitAsync(Patience));
        (await AcceptAsync()).Dispose();
        foreach (var request in later)
        {
            await Assert.ThrowsAsync<DatabaseUnavailableException>(() => request.WaitAsync(Patience));
        }
    }

    private async Task<Socket> AcceptAsync() => await _database.AcceptAsync(Token).AsTask().WaitAsync(Patience);
}
