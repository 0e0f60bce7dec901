using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.TradingPost.Running;

/// <summary>What a peer process is told by its supervisor, in its environment: <c>TradingPost:Peer:</c> of its configuration.</summary>
internal sealed record PeerOptions
{
    private const string Section = "TradingPost:Peer";

    /// <summary>Its own.</summary>
    public required int Id { get; init; }

    /// <summary>The market it belongs to.</summary>
    public required MarketSettings Market { get; init; }

    /// <summary>By which the market's peers know each other: <see cref="MarketSecret"/>.</summary>
    public required string Secret { get; init; }

    /// <summary>ADDRESS:PORT where it listens.</summary>
    public required string Listen { get; init; }

    /// <summary>HOST:PORT of all peers by id, as it reaches them.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Where the accounts are. May hold a password.</summary>
    public required AccountsSettings Accounts { get; init; }

    /// <summary>The file of its own ledger.</summary>
    public required string OwnLedger { get; init; }

    public static void Add(IServiceCollection services, IConfiguration configuration) => services.AddOptions<PeerOptions>()
        .Bind(configuration.GetSection(Section))
        .Validate(
            options => options is { Market: not null, Accounts: not null, OwnLedger: not null },
            $"{Section} is incomplete: peers are started by their supervisor (Lab.TradingPost serve)")
        .Validate(options => options.Market is null || MarketSecret.IsOne(options.Secret), $"{Section}:Secret is the market's, in base64")
        .Validate(options => options.Market?.IsPeer(options.Id) != false, $"{Section}:Id is that of a peer")
        .Validate(options => IPEndPoint.TryParse(options.Listen ?? "", out _), $"{Section}:Listen is ADDRESS:PORT")
        .Validate(options => options.Addresses?.Count == options.Market?.Peers, $"{Section}:Addresses:0 and so on are the HOST:PORT of all peers")
        .ValidateOnStart();

    /// <summary>What <see cref="Add"/> binds, as environment variables.</summary>
    public IEnumerable<KeyValuePair<string, string>> ToEnvironment() =>
        Flatten(Section.Replace(":", "__", StringComparison.Ordinal), this);

    /// <summary>A record would print its secrets.</summary>
    public override string ToString() => FormattableString.Invariant($"peer {Id}");

    private static IEnumerable<KeyValuePair<string, string>> Flatten(string key, object? value) => value switch
    {
        null => [],
        IConvertible => [KeyValuePair.Create(key, Convert.ToString(value, CultureInfo.InvariantCulture)!)],
        IReadOnlyList<string> list => list.SelectMany((item, index) => Flatten(FormattableString.Invariant($"{key}__{index}"), item)),
        _ => value.GetType().GetProperties().Where(property => property.CanWrite)
            .SelectMany(property => Flatten($"{key}__{property.Name}", property.GetValue(value))),
    };
}

/// <summary>A line that a peer process prints for its supervisor.</summary>
/// <param name="AtUs">CLOCK_MONOTONIC in microseconds.</param>
/// <param name="What">What happened; null: it is ready, listens and waits for the word to begin.</param>
internal sealed record PeerLine([property: JsonPropertyName("at_us")] long AtUs, PeerEvent? What);

/// <summary>JSON between a supervisor and its peers.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PeerLine))]
internal sealed partial class RunningJson : JsonSerializerContext;
