namespace Lab.Topology.Systems;

/// <summary>What the machine gives without any system: an echo for round trips; the database is used directly.</summary>
public static class CalibrationTopology
{
    public const string Name = "calibration";
    public const string Database = MarketplaceTopology.Database;
    public const string Project = "EchoServer";
    public const string EchoServer = "calibration-echo";
    public const string ClientEndpoint = "clients";

    internal static SystemEntry Entry() => new()
    {
        Name = Name,
        Databases = [new DatabaseSpec(Database)],
        Schemas = [new SchemaSpec(Database, "lab_calibration")],
        Services =
        [
            new ServiceSpec
            {
                Name = EchoServer,
                System = Name,
                Project = Project,
                ProjectFolder = $"Services/{Project}",
                Endpoints = [ClientEndpoint],
                Settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal)
                {
                    ["Echo:Framed"] = SettingValue.Endpoint(EchoServer, ClientEndpoint),
                },
            },
        ],
    };
}
