namespace Lab.Topology.Systems;

/// <summary>
/// The trading post: one service, whose supervisor runs the peers of a market as processes of its own. Their addresses are
/// given once, as many as a market can have; a market uses the first of them, directly or through the links.
/// </summary>
public static class TradingPostTopology
{
    public const string Name = "trading-post";
    public const string Supervisor = "trading-post";
    public const string Database = MarketplaceTopology.Database;

    /// <summary>Setting of the supervisor: true when a market shall be open from the start.</summary>
    public const string OpenAtStart = "TradingPost:OpenAtStart";

    /// <summary>A market has so many at most.</summary>
    public const int MostPeers = 12;

    /// <summary>The endpoint of a peer.</summary>
    public static string Peer(int id) => FormattableString.Invariant($"peer-{id}");

    /// <summary>The way to a peer, for other peers and for clients.</summary>
    public static string Link(int id) => FormattableString.Invariant($"to-peer-{id}");

    internal static SystemEntry Entry() => new()
    {
        Name = Name,
        Databases = [new DatabaseSpec(Database)],
        Schemas = [new SchemaSpec(Database, "lab_trading_post")],
        Services =
        [
            new ServiceSpec
            {
                Name = Supervisor,
                System = Name,
                Project = "TradingPost",
                ProjectFolder = "Services/TradingPost",
                Arguments = ["serve"],
                Endpoints = [.. Ids.Select(Peer)],
                Settings = Ids.SelectMany(Addresses)
                    .Append(KeyValuePair.Create("ConnectionStrings:mysql", SettingValue.Database(Database)))
                    .ToDictionary(StringComparer.Ordinal),
                KeepsData = true,
                WaitFor = [Database],
            },
        ],
        Links = [.. Ids.Select(id => new LinkSpec(Link(id), LinkSpec.ClientServer, SettingValue.Endpoint(Supervisor, Peer(id))))],
    };

    private static IEnumerable<int> Ids => Enumerable.Range(0, MostPeers);

    private static IEnumerable<KeyValuePair<string, SettingValue>> Addresses(int id) =>
    [
        KeyValuePair.Create(FormattableString.Invariant($"TradingPost:Peers:{id}"), SettingValue.Endpoint(Supervisor, Peer(id))),
        KeyValuePair.Create(FormattableString.Invariant($"TradingPost:Links:{id}"), SettingValue.Link(Link(id))),
    ];
}
