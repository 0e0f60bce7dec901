using Lab.Topology;

namespace Lab.Tests.Unit.Examples.Counter;

/// <summary>What the counter consists of.</summary>
public static class CounterTopology
{
    public const string Name = "counter";
    public const string Server = "counter-server";
    public const string ClientEndpoint = "clients";

    public static SystemEntry Entry() => new()
    {
        Name = Name,
        Services =
        [
            new ServiceSpec
            {
                Name = Server,
                System = Name,
                Project = "Counter",
                ProjectFolder = "Services/Counter",
                Endpoints = [ClientEndpoint],
                Settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal)
                {
                    ["Counter:Listen"] = SettingValue.Endpoint(Server, ClientEndpoint),
                },
            },
        ],
    };
}
