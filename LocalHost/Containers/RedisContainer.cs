using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Transport;

namespace Lab.LocalHost.Containers;

/// <summary>Redis in a container, with the settings of the private server (<see cref="RedisServer"/>).</summary>
internal sealed class RedisContainer(
    ServerPlace place, string password, ContainerLab lab, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    : DataServer(place, options, records, report)
{
    /// <summary>The configuration comes on standard input: on the command line everybody could read its password.</summary>
    public const string Start = """
        exec redis-server - <<END
        port $REDIS_PORT
        requirepass $REDIS_PASSWORD
        save ""
        appendonly no
        END
        """;

    private readonly Container _container = new(lab, new ContainerSpec
    {
        Resource = place.Name,
        Image = lab.Images[place.Name],
        Address = Addresses.Split(place.Address).Host,
        User = "redis",
    });

    public override string ConnectionString(string through) => RedisServer.ConnectionString(through, password);

    public override Container Container => _container;

    public override Task<ProcessSpec> PrepareAsync(CancellationToken cancellationToken) => _container.CommandAsync(
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["REDIS_PORT"] = FormattableString.Invariant($"{Addresses.Split(Address).Port}"),
            ["REDIS_PASSWORD"] = password,
        },
        ["sh", "-c", Start],
        cancellationToken);

    public override Task<bool> AnswersAsync(CancellationToken cancellationToken) => RedisServer.AnswersAsync(Address, password, cancellationToken);
}
