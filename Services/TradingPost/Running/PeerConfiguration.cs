using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;

namespace Lab.TradingPost.Running;

/// <summary>All that a peer process is told, in one environment variable: it may hold a password.</summary>
/// <param name="Id">Its own.</param>
/// <param name="Market">The market it belongs to.</param>
/// <param name="Listen">ADDRESS:PORT where it listens.</param>
/// <param name="Peers">HOST:PORT of all peers by id, as it reaches them.</param>
/// <param name="Accounts">Where the accounts are.</param>
/// <param name="OwnLedger">The file of its own ledger.</param>
internal sealed record PeerConfiguration(
    int Id, MarketSettings Market, string Listen, IReadOnlyList<string> Peers, AccountsSettings Accounts, string OwnLedger)
{
    public const string Variable = "TRADING_POST_PEER";

    public string ToJson() => JsonSerializer.Serialize(this, RunningJson.Default.PeerConfiguration);

    /// <exception cref="InvalidOperationException">This is no peer's environment. The message never has its content.</exception>
    public static PeerConfiguration Read(string? json)
    {
        try
        {
            return JsonSerializer.Deserialize(json ?? "null", RunningJson.Default.PeerConfiguration)
                ?? throw new InvalidOperationException($"{Variable} is missing: peers are started by their supervisor (Lab.TradingPost serve)");
        }
        catch (JsonException exception)
        {
            throw new InvalidOperationException($"{Variable} cannot be read", exception);
        }
    }
}

/// <summary>A line that a peer process prints for its supervisor.</summary>
/// <param name="AtUs">CLOCK_MONOTONIC in microseconds.</param>
/// <param name="What">What happened; null: it is ready, listens and waits for the word to begin.</param>
internal sealed record PeerLine([property: JsonPropertyName("at_us")] long AtUs, PeerEvent? What);

/// <summary>JSON between a supervisor and its peers.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(PeerConfiguration))]
[JsonSerializable(typeof(PeerLine))]
internal sealed partial class RunningJson : JsonSerializerContext;
