using Lab.LocalHost;
using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Sessions;
using Lab.Storage.Redis;
using StackExchange.Redis;
using Role = Lab.Marketplace.Domain.Role;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>Carts in a real Redis: what a purchase takes off them.</summary>
public sealed class CartTests : IAsyncLifetime
{
    private static readonly ItemId Salt = new(1, 17);
    private static readonly ItemId Fish = new(2, 18);

    private readonly string _state = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private RedisServer _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private SessionStore _sessions = null!;

    public async ValueTask InitializeAsync()
    {
        var options = new LocalLabOptions { StateFolder = _state };
        var place = new ServerPlace("redis", FreePorts.NextAddress(), Path.Combine(_state, "data"));
        _server = new RedisServer(place, "password", options, new RunningRecords(options), _ => { });
        await _server.StartAsync(TestContext.Current.CancellationToken);
        _connection = await RedisConnection.ConnectAsync(_server.ConnectionString(_server.Address));
        _sessions = new SessionStore(_connection, TimeSpan.FromMinutes(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.StopAsync();
        Directory.Delete(_state, recursive: true);
    }

    /// <summary>As when the server dies between that and the end of the purchase: whoever repeats the request gets there again.</summary>
    [Fact]
    public async Task A_purchase_takes_its_units_off_the_cart_once()
    {
        var session = await _sessions.CreateAsync(Role.Buyer, 1, [new CartLine(Salt, 5), new CartLine(Fish, 1)]);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await _sessions.TakePurchaseAsync(session, 77, [new CartLine(Salt, 2), new CartLine(Fish, 1)]);
            Assert.Equal([new CartLine(Salt, 3)], await _sessions.ReadCartAsync(session));
        }

        await _sessions.TakePurchaseAsync(session, 78, [new CartLine(Salt, 9)]);
        Assert.Empty(await _sessions.ReadCartAsync(session));
    }

    [Fact]
    public async Task A_session_that_has_ended_stays_so_when_its_purchase_is_finished()
    {
        var session = await _sessions.CreateAsync(Role.Buyer, 1, [new CartLine(Salt, 5)]);
        await _sessions.EndAsync(session);
        await _sessions.TakePurchaseAsync(session, 77, [new CartLine(Salt, 2)]);
        await Assert.ThrowsAsync<MarketplaceException>(() => _sessions.CheckAsync(session));
    }
}
