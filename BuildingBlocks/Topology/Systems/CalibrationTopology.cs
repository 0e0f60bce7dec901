namespace Lab.Topology.Systems;

/// <summary>What the machine gives without any system: an echo for round trips, a web server with one answer; the database is used directly.</summary>
public static class CalibrationTopology
{
    public const string Name = "calibration";
    public const string Database = MarketplaceTopology.Database;
    public const string Project = "EchoServer";
    public const string EchoServer = "calibration-echo";
    public const string HttpServer = "calibration-http";
    public const string ClientEndpoint = "clients";

    internal static SystemEntry Entry() => new()
    {
        Name = Name,
        Databases = [new DatabaseSpec(Database)],
        Schemas = [new SchemaSpec(Database, "lab_calibration")],
        Services =
        [
            Service(EchoServer, "Echo:Framed"),
            Service(HttpServer, "Echo:Http"),
        ],
    };

    private static ServiceSpec Service(string name, string listen) => new()
    {
        Name = name,
        System = Name,
        Project = Project,
        ProjectFolder = $"Services/{Project}",
        Endpoints = [ClientEndpoint],
        Settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal)
        {
            [listen] = SettingValue.Endpoint(name, ClientEndpoint),
        },
    };
}
