using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Transport;

namespace Lab.LocalHost.Containers;

/// <summary>
/// MariaDB in a container, with the settings of the private server (<see cref="MySqlServer"/>) and its data on a volume of
/// the lab.
/// </summary>
internal sealed class MySqlContainer(
    ServerPlace place, string password, bool isFresh, ContainerLab lab, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    : DataServer(place, options, records, report)
{
    private const string User = "root";

    private readonly Container _container = new(lab, new ContainerSpec
    {
        Resource = place.Name,
        Image = lab.Images[place.Name],
        Address = Addresses.Split(place.Address).Host,
        User = "mysql",
        Options = ["--volume", $"{lab.VolumeOf(place.Name)}:/var/lib/mysql"],
    });

    private bool _isFresh = isFresh;

    public override string ConnectionString(string through) => MySqlServer.ConnectionString(through, User, password);

    public override Container Container => _container;

    public override async Task<ProcessSpec> PrepareAsync(CancellationToken cancellationToken)
    {
        await lab.MakeVolumeAsync(Name, _isFresh, cancellationToken);
        _isFresh = false;
        return await _container.CommandAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["MARIADB_ROOT_PASSWORD"] = password },
            [
                FormattableString.Invariant($"--port={Addresses.Split(Address).Port}"),
                // Beside the data, /tmp is the only place that can be written to.
                "--socket=/tmp/mysqld.sock",
                "--pid-file=/tmp/mysqld.pid",
                .. MySqlServer.Settings,
                .. MySqlServer.MariaDbSettings,
            ],
            cancellationToken);
    }

    public override Task<bool> AnswersAsync(CancellationToken cancellationToken) => MySqlServer.AnswersAsync(ConnectionString(Address));
}
