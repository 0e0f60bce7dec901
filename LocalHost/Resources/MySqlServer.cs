using Lab.LocalHost.Processes;
using Lab.Processes;
using Lab.Storage.MySql;
using Lab.Transport;

namespace Lab.LocalHost.Resources;

/// <summary>
/// A private MariaDB or MySQL: own port, own data folder, own user with a password of this start. Writes are durable
/// when they are acknowledged (<c>innodb_flush_log_at_trx_commit=1</c>). A server of the system is never touched.
/// </summary>
internal sealed class MySqlServer(
    ServerPlace place, string password, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    : DataServer(place, options, records, report)
{
    private const string User = "lab";
    private static readonly TimeSpan InitialiseTimeout = TimeSpan.FromMinutes(2);

    /// <summary>What every server of the lab is told, in whatever it runs.</summary>
    public static IReadOnlyList<string> Settings { get; } =
    [
        "--skip-name-resolve",
        "--skip-log-bin",
        "--innodb-flush-log-at-trx-commit=1",
        "--innodb-buffer-pool-size=512M",
        "--max-connections=1000",
        "--table-open-cache=2000",
        "--performance-schema=OFF",
    ];

    public static IReadOnlyList<string> MariaDbSettings { get; } = ["--innodb-log-file-size=512M"];

    public override string ConnectionString(string through) => ConnectionString(through, User, password);

    /// <param name="address">The server's, or that of a link that leads to it.</param>
    /// <param name="user">Who.</param>
    /// <param name="password">And how.</param>
    public static string ConnectionString(string address, string user, string password)
    {
        var (host, port) = Addresses.Split(address);
        return $"Server={host};Port={port};User ID={user};Password={password};SslMode=None";
    }

    public static Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            using var connection = MySqlDriver.Open(connectionString);
            return Task.FromResult(true);
        }
        catch (Exception)
        {
            // Not there yet, not ready yet, or its init file is not through: asked again until the time is up.
            return Task.FromResult(false);
        }
    }

    /// <exception cref="LabStartException">There is none.</exception>
    public static string FindProgram() => Programs.Find("mariadbd", "mysqld")
        ?? throw new LabStartException("no MySQL server is installed. On Debian: apt-get install mariadb-server; or set LAB_MYSQL to a connection string");

    public override async Task<ProcessSpec> PrepareAsync(CancellationToken cancellationToken)
    {
        var server = FindProgram();
        Directory.CreateDirectory(TemporaryFolder);
        if (!Directory.Exists(Path.Combine(DataFolder, "mysql")))
        {
            await InitialiseAsync(server, cancellationToken);
        }

        // Run by the server at every start. MariaDB's set-up makes a root for each loopback address who has no password.
        var init = WriteSecretFile(
            "lab-init.sql",
            $"CREATE USER IF NOT EXISTS '{User}'@'127.0.0.1' IDENTIFIED BY '{password}';",
            $"ALTER USER '{User}'@'127.0.0.1' IDENTIFIED BY '{password}';",
            $"GRANT ALL ON *.* TO '{User}'@'127.0.0.1';",
            $"ALTER USER IF EXISTS 'root'@'localhost' IDENTIFIED BY '{password}';",
            "DROP USER IF EXISTS 'root'@'127.0.0.1', 'root'@'::1';");
        return Run(server, Arguments(server, init));
    }

    public override Task<bool> AnswersAsync(CancellationToken cancellationToken) => AnswersAsync(ConnectionString(Address));

    /// <summary>
    /// A server that starts removes temporary tables from where it keeps its own: in a shared folder, those of all others
    /// that run, too.
    /// </summary>
    private string TemporaryFolder => DataFolder + "-temporary";

    private static bool IsMariaDb(string server) => Path.GetFileName(server) == "mariadbd";

    private List<string> Arguments(string server, string initFile) =>
    [
        "--no-defaults",
        $"--datadir={DataFolder}",
        $"--tmpdir={TemporaryFolder}",
        $"--init-file={initFile}",
        "--bind-address=127.0.0.1",
        FormattableString.Invariant($"--port={Addresses.Split(Address).Port}"),
        // Relative to the data folder: an absolute path may be too long for a socket.
        "--socket=mysql.sock",
        "--pid-file=mysql.pid",
        .. Settings,
        $"--user={Environment.UserName}",
        .. IsMariaDb(server) ? MariaDbSettings : (string[])["--innodb-redo-log-capacity=512M", "--mysqlx=OFF"],
    ];

    private static string FindInstaller(string server)
    {
        var installer = Programs.Find("mariadb-install-db", "mysql_install_db");
        return installer is not null && Programs.Find("my_print_defaults") is not null
            ? installer
            : throw new LabStartException(
                $"{server} is there, but mariadb-install-db or my_print_defaults is not. On Debian: apt-get install mariadb-server");
    }

    /// <summary>
    /// Makes the system's tables, beside the data folder until all are there: one that was interrupted would be half made,
    /// and look finished.
    /// </summary>
    private async Task InitialiseAsync(string server, CancellationToken cancellationToken)
    {
        var unfinished = DataFolder + "-unfinished";
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        Directory.CreateDirectory(unfinished);
        var program = IsMariaDb(server) ? FindInstaller(server) : server;
        // MariaDB's set-up is a script that breaks paths at their spaces: its folders are where it runs, and where its environment says.
        string[] kind = IsMariaDb(server)
            ? ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve", "--datadir=."]
            : ["--initialize-insecure", $"--datadir={unfinished}"];
        await RunToEndAsync(
            new ProcessSpec(
                Name + "-set-up",
                program,
                ["--no-defaults", .. kind, $"--user={Environment.UserName}"],
                new Dictionary<string, string>(StringComparer.Ordinal) { ["TMPDIR"] = TemporaryFolder },
                unfinished),
            InitialiseTimeout,
            cancellationToken);
        Directory.Delete(DataFolder);
        Directory.Move(unfinished, DataFolder);
    }
}
