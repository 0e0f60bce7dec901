using Lab.LocalHost;
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

    public static void AddDatabase(this LabBuilder lab, DatabaseSpec spec)
    {
        if (lab.Plan is { } plan && (AddGiven(lab, plan, spec.Name, "LAB_MYSQL") || AddLocal(lab, plan, spec.Name)))
        {
            return;
        }

        var server = lab.App.AddMySql(spec.Name, "docker.io/library/mariadb:11.4", lab.MySqlPassword, HostPort(lab, spec.Name))
            .WithLifetime(ContainerLifetime.Session)
            .WithEndpoint(Tcp, Direct);
        lab.Resources[spec.Name] = server;
        lab.Published.Know(spec.Name, server.Resource.PrimaryEndpoint);
        lab.Published.KnowDatabase(spec.Name, way => server.Resource.ConnectionString(way ?? server.Resource.PrimaryEndpoint));
    }

    public static void AddCache(this LabBuilder lab, CacheSpec spec)
    {
        if (lab.Plan is { } plan && (AddGiven(lab, plan, spec.Name, "LAB_REDIS") || AddLocal(lab, plan, spec.Name)))
        {
            return;
        }

        var server = lab.App.AddRedis(spec.Name, HostPort(lab, spec.Name), lab.RedisPassword)
            .WithoutHttpsCertificate()
            .WithLifetime(ContainerLifetime.Session)
            .WithEndpoint(Tcp, Direct);
        lab.Resources[spec.Name] = server;
        lab.Published.KnowCache(spec.Name, server.Resource.ConnectionStringExpression);
    }

    /// <summary>Cloud SQL, Memorystore, whatever a connection string leads to.</summary>
    private static bool AddGiven(LabBuilder lab, PlannedLab plan, string name, string variable)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
        {
            return false;
        }

        lab.App.Configuration[$"ConnectionStrings:{name}"] = plan.Connection(name);
        lab.Resources[name] = lab.App.AddConnectionString(name);
        return true;
    }

    /// <summary>A program of this machine, made ready as LocalHost does it.</summary>
    private static bool AddLocal(LabBuilder lab, PlannedLab plan, string name)
    {
        if (plan.Server(name) is not { } server)
        {
            return false;
        }

        var check = $"{name}-answers";
        lab.App.Services.AddHealthChecks().AddAsyncCheck(check, async cancellationToken => await server.AnswersAsync(cancellationToken)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"{name} takes no logins at {server.Address}"));
        var port = Addresses.Split(server.Address).Port;
        lab.Resources[name] = lab.App.AddProgram(name, server.Program, server.DataFolder, [])
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
        return true;
    }

    /// <summary>The port of this machine at which a container's database is reached; a published one has none.</summary>
    private static int? HostPort(LabBuilder lab, string name) => lab.Plan?.Port(name);

    /// <summary>Nothing stands between the lab and what it measures.</summary>
    private static void Direct(EndpointAnnotation endpoint)
    {
        endpoint.IsProxied = false;
        endpoint.TargetHost = Loopback;
    }
}
