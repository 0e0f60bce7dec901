using Lab.LocalHost;
using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Storage.Redis;
using StackExchange.Redis;

namespace Lab.Tests.Integration.Storage;

/// <summary>The way of commands to a real Redis, and of its replies.</summary>
public sealed class RedisTransportTests : IAsyncLifetime
{
    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private RedisServer _server = null!;
    private ConnectionMultiplexer _connection = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IDatabase Redis => _connection.GetDatabase();

    public async ValueTask InitializeAsync()
    {
        var options = new LocalLabOptions { StateFolder = _state };
        var place = new ServerPlace("redis", FreePorts.NextAddress(), Path.Combine(_state, "data"));
        _server = new RedisServer(place, "password", options, new RunningRecords(options), _ => { });
        await _server.StartAsync(Token);
        _connection = await RedisConnection.ConnectAsync(_server.ConnectionString(_server.Address));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.StopAsync();
        Directory.Delete(_state, recursive: true);
    }

    [Fact]
    public async Task Every_command_of_many_at_once_gets_its_own_reply_whatever_its_size()
    {
        const int Clients = 100;
        const int Rounds = 30;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(
            async () =>
            {
                var random = new Random(client);
                for (var round = 0; round < Rounds; round++)
                {
                    var value = new byte[round == 0 ? 300_000 : random.Next(1, 5_000)];
                    random.NextBytes(value);
                    await Redis.StringSetAsync($"key{client}", value);
                    var read = (byte[]?)await Redis.StringGetAsync($"key{client}").OnReader();
                    Assert.True(value.AsSpan().SequenceEqual(read), $"client {client}, round {round}");
                }
            },
            Token)));
    }

    [Fact]
    public async Task A_server_that_goes_away_fails_commands_at_once_and_is_used_again_when_it_is_back()
    {
        await Redis.StringSetAsync("key", "before");
        await _server.StopAsync();
        Assert.True(RedisConnection.IsUnavailable(await Assert.ThrowsAnyAsync<Exception>(async () => await Redis.StringGetAsync("key").OnReader())));

        await _server.StartAsync(Token);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                await Redis.StringSetAsync("key", "after");
                break;
            }
            catch (Exception exception) when (RedisConnection.IsUnavailable(exception))
            {
                await Task.Delay(50, patience.Token);
            }
        }

        Assert.Equal("after", await Redis.StringGetAsync("key"));
    }

    [Fact]
    public async Task What_follows_a_reply_on_the_reader_is_nobody_elses_context()
    {
        await Task.Run(
            async () =>
            {
                for (var i = 0; i < 1000; i++)
                {
                    await Redis.StringSetAsync("key", "value").OnReader();
                    Assert.Null(SynchronizationContext.Current);
                }
            },
            Token);
    }

    [Fact]
    public async Task What_follows_a_reply_that_came_while_it_was_awaited_is_nobody_elses_context_either()
    {
        // The reply is there when the continuation is handed over, as when it came after the caller asked for it.
        var awaiter = Task.FromResult(1).OnReader();
        var context = new TaskCompletionSource<SynchronizationContext?>();
        var thread = new Thread(() => awaiter.OnCompleted(() => context.SetResult(SynchronizationContext.Current)));
        thread.Start();
        thread.Join();
        Assert.Null(await context.Task);
    }
}
