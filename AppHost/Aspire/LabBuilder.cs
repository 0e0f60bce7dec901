using Lab.LocalHost;
using Lab.Topology;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lab.AppHost.Aspire;

/// <summary>The lab while its app model is made: what its parts need of each other.</summary>
internal sealed class LabBuilder : IDisposable
{
    private readonly LabLock? _lock;

    private LabBuilder(IDistributedApplicationBuilder app, LabTopology topology, LabArguments given, LabLock? @lock)
    {
        App = app;
        Topology = topology;
        Given = given;
        _lock = @lock;
    }

    public IDistributedApplicationBuilder App { get; }

    public LabTopology Topology { get; }

    public LabArguments Given { get; }

    public required IResourceBuilder<ParameterResource> AdminToken { get; init; }

    public required IResourceBuilder<ParameterResource> MySqlPassword { get; init; }

    public required IResourceBuilder<ParameterResource> RedisPassword { get; init; }

    /// <summary>Addresses and processes of this machine; null when the model is published, not run.</summary>
    public PlannedLab? Plan { get; private init; }

    /// <summary>Runs databases and caches in containers; null: programs of this machine do.</summary>
    public ContainerHost? Containers { get; private init; }

    /// <summary>The repository.</summary>
    public string Root => Path.GetFullPath(Path.Combine(App.AppHostDirectory, ".."));

    /// <summary>What others can wait for, by name.</summary>
    public Dictionary<string, IResourceBuilder<IResource>> Resources { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Addresses for a model that is published.</summary>
    public PublishedAddresses Published { get; } = new();

    /// <summary>Begins the lab's app model: parameters, and addresses where it is to run.</summary>
    /// <exception cref="LabStartException">Another lab is running in the state folder.</exception>
    public static async Task<LabBuilder> CreateAsync(IDistributedApplicationBuilder app, LabTopology topology, LabArguments given)
    {
        // The lab says itself what people want to know (LabRun); whether a resource is healthy is the dashboard's to show, not a
        // stack trace's on the console.
        app.Services.AddLogging(logging => logging
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Error)
            .AddFilter("Microsoft.Hosting", LogLevel.Warning)
            .AddFilter("Aspire.Hosting", LogLevel.Warning));
        var token = Secret(app, "admin-token");
        var (mySqlPassword, redisPassword) = (Secret(app, "mysql-password"), Secret(app, "redis-password"));
        if (app.ExecutionContext.IsPublishMode)
        {
            return new LabBuilder(app, topology, given, @lock: null)
            {
                AdminToken = token,
                MySqlPassword = mySqlPassword,
                RedisPassword = redisPassword,
            };
        }

        var options = new LocalLabOptions
        {
            StateFolder = app.Configuration["LAB_STATE"] ?? Path.GetFullPath(Path.Combine(app.AppHostDirectory, "..", ".lab")),
            KeepData = given.Run is null,
        };
        var folder = LabLock.Take(options);
        try
        {
            var containers = await ContainerHost.ChooseAsync(topology, options, given.Databases, Console.WriteLine);
            var secrets = new LabSecrets(await ValueAsync(token), await ValueAsync(mySqlPassword), await ValueAsync(redisPassword));
            var plan = new PlannedLab(topology, options, secrets, containers is not null);
            return new LabBuilder(app, topology, given, folder)
            {
                AdminToken = token,
                MySqlPassword = mySqlPassword,
                RedisPassword = redisPassword,
                Containers = containers,
                Plan = plan,
            };
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public void Dispose() => _lock?.Dispose();

    /// <summary>Letters and digits, so that it needs no quotes anywhere. A value in the configuration (<c>Parameters:name</c>) counts more.</summary>
    private static IResourceBuilder<ParameterResource> Secret(IDistributedApplicationBuilder app, string name) =>
        app.AddParameter(name, new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true);

    private static async Task<string> ValueAsync(IResourceBuilder<ParameterResource> parameter) =>
        await parameter.Resource.GetValueAsync(CancellationToken.None)
        ?? throw new LabStartException($"the parameter {parameter.Resource.Name} has no value");
}
