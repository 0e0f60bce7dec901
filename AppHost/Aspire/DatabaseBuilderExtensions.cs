using Lab.LocalHost;
using Lab.LocalHost.Containers;
using Lab.Topology;
using Lab.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lab.AppHost.Aspire;

/// <summary>Databases and caches: containers, programs of this machine, or somebody else's by a connection string.</summary>
internal static class DatabaseBuilderExtensions
{
    private const string Loopback = "127.0.0.1";
    private const string Tcp = "tcp";
    private const string PublishedMySqlImage = "docker.io/library/mariadb:11.4";
    private const int RedisPort = 6379;

    /// <summary>A server with the schemas that systems keep their tables in.</summary>
    public static void AddDatabase(this LabBuilder lab, DatabaseSpec spec, IReadOnlyList<SchemaSpec> schemas)
    {
        var server = AddGiven(lab, spec.Name, "LAB_MYSQL") ?? AddLocal(lab, spec.Name) ?? AddMySqlContainer(lab, spec.Name);
        lab.Resources[spec.Name] = server;
        foreach (var schema in schemas)
        {
            server.AddDatabase(schema.Name);
        }
    }

    public static void AddCache(this LabBuilder lab, CacheSpec spec) =>
        lab.Resources[spec.Name] = AddGiven(lab, spec.Name, "LAB_REDIS") ?? AddLocal(lab, spec.Name) ?? AddRedisContainer(lab, spec.Name);

    private static IResourceBuilder<IResourceWithConnectionString> AddMySqlContainer(LabBuilder lab, string name)
    {
        var server = lab.App.AddMySql(name, lab.Containers?.Images[name] ?? PublishedMySqlImage, lab.MySqlPassword, lab.Plan?.Port(name))
            .OfTheLab(lab);
        lab.Published.Know(name, server.Resource.PrimaryEndpoint);
        lab.Published.KnowDatabase(name, way => server.Resource.ConnectionString(way ?? server.Resource.PrimaryEndpoint));
        return server;
    }

    private static IResourceBuilder<IResourceWithConnectionString> AddRedisContainer(LabBuilder lab, string name)
    {
        var server = lab.App.AddRedis(name, lab.Plan?.Port(name), lab.RedisPassword).WithoutHttpsCertificate().OfTheLab(lab);
        lab.Published.KnowCache(name, server.Resource.ConnectionStringExpression);
        if (lab.Containers is { } host)
        {
            // As every Redis of the lab: nothing on the disk, and no password on a command line.
            server.WithImage(host.Images[name])
                .WithEnvironment("REDIS_PORT", FormattableString.Invariant($"{RedisPort}"))
                .WithArgs(context =>
                {
                    // Aspire hands what stands here to a shell.
                    context.Args.Clear();
                    context.Args.Add(RedisContainer.Start);
                });
        }

        return server;
    }

    /// <summary>It ends with the app host, nothing stands between it and what it is measured by, and leftovers of it can be told.</summary>
    private static IResourceBuilder<T> OfTheLab<T>(this IResourceBuilder<T> container, LabBuilder lab)
        where T : ContainerResource
    {
        if (lab.Plan is { } plan)
        {
            container.WithContainerRuntimeArgs("--label", $"lab.state={plan.Folder}");
        }

        return container.WithLifetime(ContainerLifetime.Session).WithEndpoint(Tcp, Direct);
    }

    /// <summary>Cloud SQL, Memorystore, whatever a connection string leads to.</summary>
    private static IResourceBuilder<IResourceWithConnectionString>? AddGiven(LabBuilder lab, string name, string variable)
    {
        if (lab.Plan is not { } plan || LocalLabOptions.Given(variable) is null)
        {
            return null;
        }

        lab.App.Configuration[$"ConnectionStrings:{name}"] = plan.Connection(name);
        return lab.App.AddConnectionString(name);
    }

    /// <summary>A program of this machine, made ready as LocalHost does it.</summary>
    private static IResourceBuilder<IResourceWithConnectionString>? AddLocal(LabBuilder lab, string name)
    {
        if (lab.Plan is not { } plan || plan.Server(name) is not { } server)
        {
            return null;
        }

        var check = $"{name}-answers";
        lab.App.Services.AddHealthChecks().AddAsyncCheck(check, async cancellationToken => await server.AnswersAsync(cancellationToken)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"{name} takes no logins at {server.Address}"));
        var port = Addresses.Split(server.Address).Port;
        var (command, arguments) = SessionBuilderExtensions.InSession(server.Program, []);
        return lab.App.AddResource(new DatabaseProgramResource(name, command, server.DataFolder, plan.Connection(name)))
            .WithArgs([.. arguments])
            .WithArgs(async context =>
            {
                foreach (var argument in await server.PrepareAsync(context.CancellationToken))
                {
                    context.Args.Add(argument);
                }
            })
            .WithEndpoint(port, port, scheme: Tcp, name: Tcp, isProxied: false)
            .WithEndpoint(Tcp, Direct)
            .WithHealthCheck(check)
            .WithIconName("Database");
    }

    private static void Direct(EndpointAnnotation endpoint)
    {
        endpoint.IsProxied = false;
        endpoint.TargetHost = Loopback;
    }
}

/// <summary>A database or cache as a program of this machine.</summary>
/// <param name="name">The resource.</param>
/// <param name="command">What to run.</param>
/// <param name="workingFolder">Where.</param>
/// <param name="connection">How clients reach it.</param>
internal sealed class DatabaseProgramResource(string name, string command, string workingFolder, string connection)
    : ExecutableResource(name, command, workingFolder), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{connection}");
}
