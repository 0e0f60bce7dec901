namespace Lab.Topology.Systems;

/// <summary>
/// The medal tally, twice: one server that has its data, and two tiers of front-ends without data and a database server, with a
/// dispatcher that runs the front-ends as processes of its own. Their addresses are given once, as many as there can be.
/// </summary>
public static class MedalTallyTopology
{
    public const string Name = "medal-tally";
    public const string Single = "medal-tally-single";
    public const string DatabaseServer = "medal-tally-database";
    public const string Dispatcher = "medal-tally-dispatcher";
    public const string ClientEndpoint = "clients";

    /// <summary>Where the database server serves front-ends.</summary>
    public const string TablesEndpoint = "tables";

    /// <summary>So many front-ends can run.</summary>
    public const int MostFrontEnds = 16;

    public const string SingleLink = "client-to-medal-tally-single";
    public const string DatabaseLink = "front-ends-to-database";

    /// <summary>The endpoint of a member of the group: 0 is the database server, others are front-ends.</summary>
    public static string Member(int id) => FormattableString.Invariant($"member-{id}");

    /// <summary>The way to a member, for other members.</summary>
    public static string MemberLink(int id) => FormattableString.Invariant($"to-member-{id}");

    /// <summary>The database server of boards in MySQL.</summary>
    public const string MySql = MarketplaceTopology.Database;
    private const string Project = "MedalTally";

    /// <summary>The endpoint of a front-end, from 1 on.</summary>
    public static string FrontEnd(int number) => FormattableString.Invariant($"front-end-{number}");

    /// <summary>The way of clients to a front-end.</summary>
    public static string FrontEndLink(int number) => FormattableString.Invariant($"client-to-front-end-{number}");

    internal static SystemEntry Entry() => new()
    {
        Name = Name,
        Databases = [new DatabaseSpec(MySql)],
        Schemas = [new SchemaSpec(MySql, "lab_medal_tally")],
        Services =
        [
            Service(Single, "single", ClientEndpoint, ("MedalTally:Listen", SettingValue.Endpoint(Single, ClientEndpoint))) with
            {
                KeepsData = true,
                WaitFor = [MySql],
            },
            Service(
                DatabaseServer, "database", TablesEndpoint, [("MedalTally:Tables", SettingValue.Endpoint(DatabaseServer, TablesEndpoint)), .. MemberAddresses]) with
            {
                Endpoints = [TablesEndpoint, Member(0)],
                KeepsData = true,
                WaitFor = [MySql],
            },
            Service(
                Dispatcher,
                "dispatch",
                ClientEndpoint,
                [
                    ("MedalTally:Listen", SettingValue.Endpoint(Dispatcher, ClientEndpoint)),
                    ("MedalTally:Database", SettingValue.Endpoint(DatabaseServer, TablesEndpoint)),
                    ("MedalTally:DatabaseLink", SettingValue.Link(DatabaseLink)),
                    .. Numbers.Select(number => ($"MedalTally:FrontEnds:{number - 1}", SettingValue.Endpoint(Dispatcher, FrontEnd(number)))),
                    .. Numbers.Select(number => ($"MedalTally:FrontEndLinks:{number - 1}", SettingValue.Link(FrontEndLink(number)))),
                    .. MemberAddresses,
                ]) with
            {
                Endpoints = [ClientEndpoint, .. Numbers.Select(FrontEnd), .. Numbers.Select(Member)],
                WaitFor = [DatabaseServer],
            },
        ],
        Links =
        [
            new LinkSpec(SingleLink, LinkSpec.ClientServer, SettingValue.Endpoint(Single, ClientEndpoint)),
            new LinkSpec(DatabaseLink, LinkSpec.ServerDatabase, SettingValue.Endpoint(DatabaseServer, TablesEndpoint)),
            .. Numbers.Select(number => new LinkSpec(FrontEndLink(number), LinkSpec.ClientServer, SettingValue.Endpoint(Dispatcher, FrontEnd(number)))),
            .. Numbers.Prepend(0).Select(id => new LinkSpec(MemberLink(id), LinkSpec.BetweenServers, MemberEndpoint(id))),
        ],
    };

    private static IEnumerable<(string Setting, SettingValue Value)> MemberAddresses => Numbers.Prepend(0).SelectMany(id => new[]
    {
        (FormattableString.Invariant($"MedalTally:Members:{id}"), MemberEndpoint(id)),
        (FormattableString.Invariant($"MedalTally:MemberLinks:{id}"), SettingValue.Link(MemberLink(id))),
    });

    private static SettingValue MemberEndpoint(int id) => SettingValue.Endpoint(id == 0 ? DatabaseServer : Dispatcher, Member(id));

    private static IEnumerable<int> Numbers => Enumerable.Range(1, MostFrontEnds);

    private static ServiceSpec Service(string name, string role, string endpoint, params IReadOnlyList<(string Setting, SettingValue Value)> settings) => new()
    {
        Name = name,
        System = Name,
        Project = Project,
        ProjectFolder = $"Services/{Project}",
        Arguments = [role],
        Endpoints = [endpoint],
        Settings = settings
            .Append(("ConnectionStrings:mysql", SettingValue.Database(MySql)))
            .ToDictionary(setting => setting.Item1, setting => setting.Item2, StringComparer.Ordinal),
    };
}
