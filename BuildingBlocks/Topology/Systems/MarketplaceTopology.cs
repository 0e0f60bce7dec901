namespace Lab.Topology.Systems;

/// <summary>The marketplace: a seller server and a buyer server on one MySQL server, with sessions in Redis.</summary>
public static class MarketplaceTopology
{
    public const string Name = "marketplace";
    public const string Database = "mysql";
    public const string Cache = "redis";
    public const string SellerServer = "seller-server";
    public const string BuyerServer = "buyer-server";
    public const string ClientEndpoint = "clients";
    public const string SellerLink = "client-to-seller-server";
    public const string BuyerLink = "client-to-buyer-server";

    internal static SystemEntry Entry() => new()
    {
        Name = Name,
        Databases = [new DatabaseSpec(Database)],
        Schemas = [new SchemaSpec(Database, "lab_customer"), new SchemaSpec(Database, "lab_product")],
        Caches = [new CacheSpec(Cache)],
        Services = [Server(SellerServer, "seller"), Server(BuyerServer, "buyer")],
        Links =
        [
            new LinkSpec(SellerLink, LinkSpec.ClientServer, SettingValue.Endpoint(SellerServer, ClientEndpoint)),
            new LinkSpec(BuyerLink, LinkSpec.ClientServer, SettingValue.Endpoint(BuyerServer, ClientEndpoint)),
            new LinkSpec(DatabaseLink(SellerServer), LinkSpec.ServerDatabase, SettingValue.Database(Database)),
            new LinkSpec(DatabaseLink(BuyerServer), LinkSpec.ServerDatabase, SettingValue.Database(Database)),
        ],
    };

    private static string DatabaseLink(string server) => $"{server}-to-{Database}";

    private static ServiceSpec Server(string name, string role) => new()
    {
        Name = name,
        System = Name,
        Project = "Marketplace",
        ProjectFolder = "Services/Marketplace",
        Arguments = ["serve", role],
        Endpoints = [ClientEndpoint],
        Settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal)
        {
            ["Marketplace:Listen"] = SettingValue.Endpoint(name, ClientEndpoint),
            // Two hundred clients log in before a cell begins: a tenth of the default work keeps that short.
            ["Marketplace:PasswordIterations"] = SettingValue.Of("10000"),
            ["ConnectionStrings:mysql"] = SettingValue.Database(Database),
            ["ConnectionStrings:mysql_link"] = SettingValue.Database(Database, throughLink: DatabaseLink(name)),
            ["ConnectionStrings:redis"] = SettingValue.Cache(Cache),
        },
        WaitFor = [Database, Cache],
    };
}
