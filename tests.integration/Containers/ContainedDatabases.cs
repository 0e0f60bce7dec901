using System.Text.Json;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;
using Lab.LocalHost;
using Lab.LocalHost.Resources;
using Lab.Processes;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Integration.Marketplace;
using Lab.Tests.Integration.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Testcontainers.MySql;
using Testcontainers.Redis;
using CreateContainerParameters = Docker.DotNet.Models.CreateContainerParameters;

namespace Lab.Tests.Integration.Containers;

/// <summary>
/// The marketplace as processes, with databases that the lab does not start: MySQL and Redis in containers of Testcontainers,
/// as a user of the lab points it at his own. MySQL itself where its image can be had, else MariaDB of the lab's image.
/// </summary>
public sealed class ContainedDatabasesLab : SharedLab
{
    private const string OfficialMySql = "docker.io/library/mysql:8.4";
    private const string User = "root";
    private const string Loopback = "127.0.0.1";
    private const ushort MySqlPort = 3306;
    private const ushort RedisPort = 6379;

    /// <summary>Its value is the process that has started the container.</summary>
    private const string Label = "lab.test-process";

    /// <summary>What Testcontainers speaks where nobody tells it otherwise.</summary>
    private static readonly Version OldestApi = new(1, 44);

    private readonly List<IContainer> _containers = [];
    private string? _whyNot;
    private string _mysql = "";
    private string _redis = "";

    /// <summary>Skips the test where no container can run.</summary>
    public ContainedDatabasesLab Needed()
    {
        Assert.SkipWhen(_whyNot is not null, _whyNot ?? "");
        return this;
    }

    public override async ValueTask InitializeAsync()
    {
        _whyNot = await Engine.WhyNotAsync();
        if (_whyNot is not null)
        {
            return;
        }

        try
        {
            await RemoveLeftoversAsync();
            await ConfigureAsync();
            await StartAsync(await Engine.ImagesAsync("--mysql", OfficialMySql, "mysql", "redis"));
            await base.InitializeAsync();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync();
        }
        finally
        {
            await Task.WhenAll(_containers.Select(container => container.DisposeAsync().AsTask()));
        }
    }

    protected override LocalLabOptions Options(string stateFolder) =>
        base.Options(stateFolder) with { ExternalMySql = _mysql, ExternalRedis = _redis };

    /// <summary>
    /// For Testcontainers, which reads it once: whoever has set something himself is right. Its own cleaner is off, because
    /// its image would have to be pulled for it, and this class cleans up itself. On a machine that looks like a container
    /// Testcontainers takes the engine to be outside; the lab uses only engines of the same machine.
    /// </summary>
    private static async Task ConfigureAsync()
    {
        Default("TESTCONTAINERS_RYUK_DISABLED", "true");
        if (File.Exists("/.dockerenv"))
        {
            Default("TESTCONTAINERS_HOST_OVERRIDE", Loopback);
        }

        // An older engine refuses it, instead of agreeing on a version as it does with its own client.
        var api = await Engine.RunAsync("version", "--format", "{{.Server.APIVersion}}");
        if (Version.TryParse(api, out var version) && version < OldestApi)
        {
            Default("DOCKER_API_VERSION", api);
        }

        static void Default(string variable, string value) =>
            Environment.SetEnvironmentVariable(variable, Environment.GetEnvironmentVariable(variable) ?? value);
    }

    private async Task StartAsync(IReadOnlyDictionary<string, string> images)
    {
        var mysql = Database(images["mysql"]);
        var redis = new RedisBuilder(images["redis"]).WithCreateParameterModifier(Confine).WithLabel(Label, Self())
            .WithImagePullPolicy(PullPolicy.Never).WithLogger(NullLogger.Instance).Build();
        _containers.AddRange([mysql, redis]);
        await Task.WhenAll(mysql.StartAsync(), redis.StartAsync());
        _mysql = MySqlServer.ConnectionString(AddressOf(mysql, MySqlPort), User, Password);
        _redis = AddressOf(redis, RedisPort);
    }

    /// <summary>With the settings of the lab's own servers.</summary>
    private static MySqlContainer Database(string image)
    {
        var builder = new MySqlBuilder(image).WithUsername(User).WithPassword(Password).WithCommand([.. MySqlServer.Settings])
            .WithCreateParameterModifier(Confine).WithLabel(Label, Self())
            .WithImagePullPolicy(PullPolicy.Never).WithLogger(NullLogger.Instance);
        // The lab's own image has MariaDB's names for the password and for the client program.
        return image == OfficialMySql
            ? builder.Build()
            : builder.WithEnvironment("MARIADB_ROOT_PASSWORD", Password)
                .WithWaitStrategy(Wait.ForUnixContainer().UntilCommandIsCompleted("mariadb", "--no-defaults", "--socket=/tmp/mysqld.sock", "--user=mysql", "--execute=SELECT 1"))
                .Build();
    }

    /// <summary>Reached from this machine only.</summary>
    private static void Confine(CreateContainerParameters container)
    {
        foreach (var port in container.HostConfig?.PortBindings?.Values.SelectMany(ports => ports) ?? [])
        {
            port.HostIP = Loopback;
        }
    }

    private static string Self() => JsonSerializer.Serialize(ProcessIdentity.Of("tests", Environment.ProcessId));

    private static string AddressOf(IContainer container, ushort port) => FormattableString.Invariant($"{container.Hostname}:{container.GetMappedPublicPort(port)}");

    /// <summary>Containers of tests that were killed.</summary>
    private static async Task RemoveLeftoversAsync()
    {
        var containers = await Engine.RunAsync("ps", "--all", "--filter", $"label={Label}", "--format", $$$"""{{.ID}} {{.Label "{{{Label}}}"}}""");
        foreach (var line in containers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var (id, owner) = (line.Split(' ')[0], line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            if (JsonSerializer.Deserialize<ProcessIdentity>(owner) is not { IsAlive: true })
            {
                await Engine.RunAsync("rm", "--force", "--volumes", id);
            }
        }
    }
}

/// <summary>They run one after the other, on one lab.</summary>
[CollectionDefinition(Name)]
public sealed class ContainedDatabasesTests : ICollectionFixture<ContainedDatabasesLab>
{
    public const string Name = "databases in containers";
}

// What the lab's own databases must pass, these must, too.

[Collection(ContainedDatabasesTests.Name)]
public sealed class ContainedLoginTests(ContainedDatabasesLab lab) : LoginTests(lab.Needed());

[Collection(ContainedDatabasesTests.Name)]
public sealed class ContainedBatcherTests(ContainedDatabasesLab lab) : BatcherTests(lab.Needed());

[Collection(ContainedDatabasesTests.Name)]
public sealed class ContainedStoryTests(ContainedDatabasesLab lab) : StoryTests(lab.Needed());

[Collection(ContainedDatabasesTests.Name)]
public sealed class ContainedPurchaseTests(ContainedDatabasesLab lab) : PurchaseTests(lab.Needed());

[Collection(ContainedDatabasesTests.Name)]
public sealed class ContainedCacheTests(ContainedDatabasesLab lab) : CacheTests(lab.Needed());

[Collection(ContainedDatabasesTests.Name)]
public sealed class ContainedSessionTests(ContainedDatabasesLab lab) : SessionTests(lab.Needed());
