using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using StackExchange.Redis;
using Role = Lab.Marketplace.Domain.Role;

namespace Lab.Marketplace.Sessions;

/// <summary>
/// Sessions and the carts that die with them, in Redis: any replica serves any session, and a restart forgets none.
/// A session is one hash; every check pushes its expiry back (sliding timeout).
/// </summary>
internal sealed class SessionStore(IConnectionMultiplexer redis, TimeSpan timeout)
{
    private const string CreatedField = "created";
    private const string CartPrefix = "item:";

    /// <summary>Writes to the cart only while the session lives: a late write must not bring a dead session back.</summary>
    private const string ChangeCartScript = """
        if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
        local quantity = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') + tonumber(ARGV[2])
        if quantity <= 0 then redis.call('HDEL', KEYS[1], ARGV[1]) return 0 end
        if quantity > tonumber(ARGV[3]) then return -2 end
        if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) > tonumber(ARGV[4]) then return -3 end
        redis.call('HSET', KEYS[1], ARGV[1], quantity)
        return quantity
        """;

    /// <summary>Once for every purchase: a second key remembers it, as long as a session lives that nobody uses.</summary>
    private const string TakePurchaseScript = """
        if redis.call('EXISTS', KEYS[1]) == 0 or not redis.call('SET', KEYS[2], '', 'NX', 'PX', ARGV[1]) then return 0 end
        for index = 2, #ARGV, 2 do
          local left = tonumber(redis.call('HGET', KEYS[1], ARGV[index]) or '0') - tonumber(ARGV[index + 1])
          if left > 0 then redis.call('HSET', KEYS[1], ARGV[index], left) else redis.call('HDEL', KEYS[1], ARGV[index]) end
        end
        return 1
        """;

    private const string ClearCartScript = """
        for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
          if field ~= ARGV[1] then redis.call('HDEL', KEYS[1], field) end
        end
        return 0
        """;

    private readonly IDatabase _redis = redis.GetDatabase();
    private readonly SessionChecks _checks = new(redis.GetDatabase(), timeout);

    public async Task<SessionToken> CreateAsync(Role role, long userId, IEnumerable<CartLine> savedCart)
    {
        var token = SessionToken.Create(role, userId);
        var key = Key(token);
        var fields = savedCart
            .Select(line => new HashEntry(CartPrefix + line.Item, line.Quantity))
            .Prepend(new HashEntry(CreatedField, DateTimeOffset.UtcNow.ToUnixTimeSeconds()))
            .ToArray();
        // One transaction: a session without expiry would live for ever.
        var transaction = _redis.CreateTransaction();
        var set = transaction.HashSetAsync(key, fields);
        var expire = transaction.KeyExpireAsync(key, timeout);
        await transaction.ExecuteAsync();
        await Task.WhenAll(set, expire);
        return token;
    }

    /// <summary>The session lives, and begins its timeout anew.</summary>
    /// <exception cref="MarketplaceException">It ended, by logout or by timeout.</exception>
    public async Task CheckAsync(SessionToken token)
    {
        if (!await _checks.LivesAsync(Key(token)))
        {
            throw Expired();
        }
    }

    public Task EndAsync(SessionToken token) => _redis.KeyDeleteAsync(Key(token));

    public async Task<IReadOnlyList<CartLine>> ReadCartAsync(SessionToken token)
    {
        var fields = await _redis.HashGetAllAsync(Key(token));
        var lines = new List<CartLine>(fields.Length);
        foreach (var field in fields)
        {
            var name = (string)field.Name!;
            if (name.StartsWith(CartPrefix, StringComparison.Ordinal) && ItemId.TryParse(name[CartPrefix.Length..], out var item))
            {
                lines.Add(new CartLine(item, (int)field.Value));
            }
        }

        lines.Sort((left, right) => left.Item.Serial.CompareTo(right.Item.Serial));
        return lines;
    }

    /// <summary>Adds units of an item, or takes them away when negative.</summary>
    /// <returns>Units of the item that are in the cart now.</returns>
    /// <exception cref="MarketplaceException">The cart is full, or the session ended.</exception>
    public async Task<int> ChangeCartAsync(SessionToken token, ItemId item, int units)
    {
        var quantity = (int)await _redis.ScriptEvaluateAsync(
            ChangeCartScript, [Key(token)], [CartPrefix + item, units, Limits.MaxQuantity, Limits.MaxCartLines]);
        return quantity switch
        {
            -1 => throw Expired(),
            -2 => throw new MarketplaceException(ErrorCodes.CartFull, $"a cart holds {Limits.MaxQuantity} units of an item"),
            -3 => throw new MarketplaceException(ErrorCodes.CartFull, $"a cart holds {Limits.MaxCartLines} different items"),
            _ => quantity,
        };
    }

    /// <summary>
    /// Takes what a purchase has bought off the cart; asked again for the same purchase, or for a session that has ended, it
    /// changes nothing.
    /// </summary>
    /// <param name="token">The session.</param>
    /// <param name="requestId">Of the purchase.</param>
    /// <param name="lines">Units that were bought.</param>
    public Task TakePurchaseAsync(SessionToken token, long requestId, IReadOnlyList<CartLine> lines) => _redis.ScriptEvaluateAsync(
        TakePurchaseScript,
        [Key(token), $"{Key(token)}:purchase:{requestId}"],
        [(long)timeout.TotalMilliseconds, .. lines.SelectMany(line => new RedisValue[] { CartPrefix + line.Item, line.Quantity })]);

    public Task ClearCartAsync(SessionToken token) =>
        _redis.ScriptEvaluateAsync(ClearCartScript, [Key(token)], [CreatedField]);

    private static RedisKey Key(SessionToken token) => "session:" + token.Text;

    private static MarketplaceException Expired() =>
        new(ErrorCodes.SessionExpired, "the session has ended; log in again");
}
