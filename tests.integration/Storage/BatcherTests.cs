using System.Data.Common;
using Dapper;
using Lab.Storage.MySql;
using Lab.Tests.Integration.Labs;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Integration.Storage;

/// <summary>Batches on a real database: what is shared, and what one request must not cost the others.</summary>
[Collection(SharedLabTests.Name)]
public class BatcherTests : IAsyncDisposable
{
    private const int Requests = 200;

    private readonly string _table = $"lab_product.batch_{Guid.NewGuid():N}"[..30];
    private readonly SharedLab _lab;
    private readonly DatabasePool _database;
    private readonly List<int> _sizes = [];

    public BatcherTests(SharedLab lab)
    {
        _lab = lab;
        _lab.Execute($"CREATE TABLE {_table} (id INT PRIMARY KEY)");
        var routes = new DatabaseRoutes(new Dictionary<string, string>(StringComparer.Ordinal) { ["direct"] = lab.DatabaseConnection }, "direct");
        _database = new DatabasePool(routes, new DatabasePoolOptions { Connections = 2 }, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _lab.Execute($"DROP TABLE {_table}");
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Requests_that_come_while_a_batch_is_under_way_share_the_next_one()
    {
        using var gate = new SemaphoreSlim(0);
        var batcher = Create(new BatchOptions(DatabaseAccess.Write, MaxBatch: 64), before: gate.WaitAsync);
        var first = batcher.RunAsync(1);
        await UntilAsync(() => _sizes.Count == 1);
        var others = Enumerable.Range(2, Requests).Select(batcher.RunAsync).ToList();
        gate.Release(Requests);

        Assert.Equal(2, await first);
        Assert.Equal(Enumerable.Range(3, Requests), await Task.WhenAll(others));
        Assert.Equal([1, 64, 64, 64, 8], _sizes);
        Assert.Equal(Requests + 1, _lab.Sql<int>($"SELECT COUNT(*) FROM {_table}"));
    }

    [Fact]
    public async Task A_request_that_the_database_refuses_costs_the_others_nothing()
    {
        const int Taken = 77;
        _lab.Execute($"INSERT INTO {_table} VALUES ({Taken})");
        using var gate = new SemaphoreSlim(0);
        var batcher = Create(new BatchOptions(DatabaseAccess.Write, MaxBatch: 64), before: gate.WaitAsync);
        var all = Enumerable.Range(1, Requests).Select(id => (id, answer: batcher.RunAsync(id))).ToList();
        gate.Release(10 * Requests);

        foreach (var (id, answer) in all)
        {
            if (id == Taken)
            {
                Assert.True(MySqlDriver.IsDuplicateKey(await Assert.ThrowsAnyAsync<DbException>(() => answer)));
            }
            else
            {
                Assert.Equal(id + 1, await answer);
            }
        }

        Assert.Equal(Requests, _lab.Sql<int>($"SELECT COUNT(*) FROM {_table}"));
    }

    [Fact]
    public async Task More_requests_than_may_wait_are_refused_at_once_and_the_waiting_ones_are_done()
    {
        using var gate = new SemaphoreSlim(0);
        var batcher = Create(new BatchOptions(DatabaseAccess.Write, MaxBatch: 4, MaxQueued: 8), before: gate.WaitAsync);
        var running = batcher.RunAsync(0);
        await UntilAsync(() => _sizes.Count == 1);
        var waiting = Enumerable.Range(1, 8).Select(batcher.RunAsync).ToList();
        await Assert.ThrowsAsync<DatabaseOverloadedException>(() => batcher.RunAsync(9));
        gate.Release(Requests);

        await running;
        await Task.WhenAll(waiting);
        Assert.Equal(10, await batcher.RunAsync(9));
        Assert.Equal(10, _lab.Sql<int>($"SELECT COUNT(*) FROM {_table}"));
    }

    /// <summary>Inserts what it is given and answers with the number after it.</summary>
    private Batcher<int, int> Create(BatchOptions options, Func<Task> before) => new(_database, options, async (session, items) =>
    {
        lock (_sizes)
        {
            _sizes.Add(items.Count);
        }

        await before();
        await session.Connection.ExecuteAsync($"INSERT INTO {_table} VALUES {string.Join(",", items.Select(item => $"({item.Request})"))}");
        foreach (var item in items)
        {
            item.SetResult(item.Request + 1);
        }
    });

    private async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            lock (_sizes)
            {
                if (condition())
                {
                    return;
                }
            }

            await Task.Delay(1, patience.Token);
        }
    }
}
