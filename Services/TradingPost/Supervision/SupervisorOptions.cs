using System.Net;
using Microsoft.Extensions.Configuration;

namespace Lab.TradingPost.Supervision;

/// <summary>What the supervisor is told: <c>TradingPost:</c> of its configuration, and <c>ConnectionStrings:mysql</c>.</summary>
internal sealed record SupervisorOptions
{
    private const string Section = "TradingPost";
    private const int MostPeers = 12;

    /// <summary>ADDRESS:PORT of each peer by id, where it listens (<c>TradingPost:Peers:N</c>).</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>ADDRESS:PORT of the link to each peer (<c>TradingPost:Links:N</c>); empty where there are none.</summary>
    public required IReadOnlyList<string> Links { get; init; }

    /// <summary>Connection string of the database for accounts in MySQL; null: there is none. A secret.</summary>
    public string? Database { get; init; }

    /// <summary>A market is open from the start (<c>TradingPost:OpenAtStart</c>): for whoever wants to look on, not for whoever measures.</summary>
    public bool OpenAtStart { get; init; }

    /// <exception cref="InvalidOperationException">A setting is wrong; the message says which.</exception>
    public static SupervisorOptions Read(IConfiguration configuration)
    {
        var addresses = ReadAddresses(configuration, "Peers");
        var links = ReadAddresses(configuration, "Links");
        if (addresses.Count < MarketChecks.FewestPeers)
        {
            throw new InvalidOperationException($"{Section}:Peers:0 and so on are the addresses of {MarketChecks.FewestPeers} to {MostPeers} peers: {addresses.Count} are given");
        }

        var open = configuration[$"{Section}:OpenAtStart"] ?? "false";
        return new SupervisorOptions
        {
            Addresses = addresses,
            Links = links,
            Database = configuration.GetConnectionString("mysql"),
            OpenAtStart = bool.TryParse(open, out var isOpen) ? isOpen : throw new InvalidOperationException($"{Section}:OpenAtStart is true or false, not '{open}'"),
        };
    }

    /// <summary>A record would print its secret.</summary>
    public override string ToString() => $"{Addresses.Count} peers";

    private static List<string> ReadAddresses(IConfiguration configuration, string key)
    {
        var found = new List<string>();
        while (found.Count < MostPeers && configuration[$"{Section}:{key}:{found.Count}"] is { } address)
        {
            found.Add(address.Contains(':', StringComparison.Ordinal) && (IPEndPoint.TryParse(address, out _) || key != "Peers")
                ? address
                : throw new InvalidOperationException($"{Section}:{key}:{found.Count} is ADDRESS:PORT, not '{address}'"));
        }

        return found;
    }
}
