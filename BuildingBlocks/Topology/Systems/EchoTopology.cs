namespace Lab.Topology.Systems;

/// <summary>
/// The epoll echo and its rivals: one server process per connection engine, so that memory and processor time of each are
/// its own; and three epoll servers that share one port, for more connections than one process may open.
/// </summary>
public static class EchoTopology
{
    public const string Name = "echo";
    public const string ClientEndpoint = "clients";
    public const string Epoll = "epoll";

    /// <summary>How many servers share the port.</summary>
    public const int SharedServers = 3;

    /// <summary>The engines in the order in which reports show them: those of the lab, then Kestrel's connection handler.</summary>
    public static IReadOnlyList<string> Engines { get; } = ["threads", "select", Epoll, "async", "uring", "kestrel"];

    /// <summary>The server of an engine.</summary>
    public static string Server(string engine) => $"echo-{engine}";

    /// <summary>The servers that share a port (SO_REUSEPORT), all with the engine <see cref="Epoll"/>.</summary>
    public static IReadOnlyList<string> SharedPortServers { get; } =
        [.. Enumerable.Range(1, SharedServers).Select(number => $"echo-shared-{number}")];

    internal static SystemEntry Entry() => new()
    {
        Name = Name,
        Services =
        [
            .. Engines.Select(engine => Service(Server(engine), Server(engine), engine, sharesPort: false)),
            .. SharedPortServers.Select(server => Service(server, SharedPortServers[0], Epoll, sharesPort: true)),
        ],
    };

    private static ServiceSpec Service(string name, string listensAs, string engine, bool sharesPort)
    {
        var settings = new Dictionary<string, SettingValue>(StringComparer.Ordinal)
        {
            [$"Echo:Listen:{engine}"] = SettingValue.Endpoint(listensAs, ClientEndpoint),
        };
        if (sharesPort)
        {
            settings["Echo:SharePort"] = SettingValue.Of("true");
        }

        return new ServiceSpec
        {
            Name = name,
            System = Name,
            Project = "EchoServer",
            ProjectFolder = "Services/EchoServer",
            // Those that share another's port have none of their own.
            Endpoints = name == listensAs ? [ClientEndpoint] : [],
            SharesAddressOf = name == listensAs ? null : listensAs,
            Settings = settings,
        };
    }
}
