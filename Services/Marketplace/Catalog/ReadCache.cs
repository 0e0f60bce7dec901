using System.Buffers.Binary;
using System.Security.Cryptography;
using Lab.Marketplace.Protocol;
using Lab.Storage.Redis;
using StackExchange.Redis;

namespace Lab.Marketplace.Catalog;

/// <summary>
/// Results of reads, kept in Redis and shared by all replicas. An entry carries a stamp: the versions that everything it
/// depends on had before the database was read. A write changes the versions after its commit and before its reply, so
/// an entry that could be older no longer matches: whoever saw a write acknowledged never reads what was before it.
/// </summary>
/// <remarks>
/// One MGET fetches entry and versions together. A version lives longer than any entry stamped before it was set, so
/// that versions may expire, too, and the memory stays bounded.
/// </remarks>
internal sealed class ReadCache(IConnectionMultiplexer redis)
{
    /// <summary>Raised when a server begins to use the cache: what others wrote before without telling is void.</summary>
    private const string Epoch = "cache:epoch";
    private const int VersionBytes = 8;
    private const int MaxEntryBytes = 1024 * 1024;
    private static readonly TimeSpan EntryLifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan VersionLifetime = TimeSpan.FromSeconds(180);

    private readonly IDatabase _redis = redis.GetDatabase();
    private volatile bool _isOn;

    public bool IsOn => _isOn;

    public async Task SwitchAsync(bool on)
    {
        if (on)
        {
            await _redis.StringSetAsync(Epoch, NewVersion());
        }

        _isOn = on;
    }

    /// <param name="key">Names the read and its arguments.</param>
    /// <param name="dependencies">Names of what a write can change.</param>
    public async Task<CachedRead> LookupAsync(string key, IReadOnlyList<string> dependencies)
    {
        var keys = new RedisKey[dependencies.Count + 2];
        keys[0] = EntryKey(key);
        keys[1] = Epoch;
        for (var index = 0; index < dependencies.Count; index++)
        {
            keys[index + 2] = VersionKey(dependencies[index]);
        }

        var values = await _redis.StringGetAsync(keys).OnReader();
        var stamp = Stamp(values.AsSpan(1));
        var entry = (byte[]?)values[0];
        return entry is not null && entry.AsSpan().StartsWith(stamp)
            ? new CachedRead(stamp, entry.AsMemory(stamp.Length))
            : new CachedRead(stamp, Json: null);
    }

    /// <summary>Does not wait: a result that fails to be stored is only read again.</summary>
    public void Store(string key, CachedRead lookup, ReadOnlySpan<byte> json)
    {
        var entry = new byte[lookup.Stamp.Length + json.Length];
        if (entry.Length > MaxEntryBytes)
        {
            return;
        }

        lookup.Stamp.CopyTo(entry, 0);
        json.CopyTo(entry.AsSpan(lookup.Stamp.Length));
        _redis.StringSet(EntryKey(key), entry, EntryLifetime, flags: CommandFlags.FireAndForget);
    }

    /// <summary>After the commit, before the reply.</summary>
    /// <exception cref="MarketplaceException">
    /// The cache cannot be told. The write stands, but must not be acknowledged while old results may be served: repeated
    /// with the same request id it is not done again, and the cache is told.
    /// </exception>
    public async Task InvalidateAsync(params IEnumerable<string> dependencies)
    {
        if (!_isOn)
        {
            return;
        }

        var changes = new List<Task>();
        foreach (var dependency in dependencies)
        {
            changes.Add(_redis.StringSetAsync(VersionKey(dependency), NewVersion(), VersionLifetime));
        }

        try
        {
            await Task.WhenAll(changes);
        }
        catch (Exception exception) when (RedisConnection.IsUnavailable(exception))
        {
            throw new MarketplaceException(
                ErrorCodes.OutcomeUnknown, "the cache went away meanwhile; send the request again with the same id", exception);
        }
    }

    private static RedisKey EntryKey(string key) => "cache:entry:" + key;

    private static RedisKey VersionKey(string dependency) => "cache:version:" + dependency;

    private static byte[] NewVersion() => RandomNumberGenerator.GetBytes(VersionBytes);

    /// <summary>Length, then every version or zeros where there is none: no two states share a stamp.</summary>
    private static byte[] Stamp(ReadOnlySpan<RedisValue> versions)
    {
        var stamp = new byte[4 + (versions.Length * VersionBytes)];
        BinaryPrimitives.WriteInt32LittleEndian(stamp, versions.Length);
        for (var index = 0; index < versions.Length; index++)
        {
            if ((byte[]?)versions[index] is { Length: VersionBytes } version)
            {
                version.CopyTo(stamp, 4 + (index * VersionBytes));
            }
        }

        return stamp;
    }
}

/// <summary>What a lookup found.</summary>
/// <param name="Stamp">The versions of the moment; a result that is read now is stored under them.</param>
/// <param name="Json">The result, or null when it must be read from the database.</param>
internal readonly record struct CachedRead(byte[] Stamp, ReadOnlyMemory<byte>? Json);

/// <summary>Names of what cached reads depend on and writes change.</summary>
internal static class CacheDependencies
{
    public static string SellerRating(long sellerId) => $"rating:{sellerId}";

    public static string ItemsOf(long sellerId) => $"items-of:{sellerId}";

    public static string Item(long serial) => $"item:{serial}";

    public static string Term(long term) => $"term:{term}";

    /// <summary>All that shows an item: its seller's list, the searches that can find it, itself.</summary>
    public static IEnumerable<string> OfItem(ItemIdentity item) => SearchTerm.Of(item.Id.Category, item.Keywords)
        .Append(SearchTerm.OfCategory(item.Id.Category))
        .Distinct()
        .Select(Term)
        .Append(ItemsOf(item.SellerId))
        .Append(Item(item.Id.Serial));
}
