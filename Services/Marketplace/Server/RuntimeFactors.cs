using Lab.Marketplace.Catalog;
using Lab.ServiceDefaults;
using Lab.Storage.MySql;
using Lab.Transport;

namespace Lab.Marketplace.Server;

/// <summary>engine: how the server waits for its connections. A change closes them; clients connect again.</summary>
internal sealed class EngineFactor(FrameServer server) : IRuntimeFactor
{
    public string Name => "engine";

    public IReadOnlyList<string> Values => FrameServer.EngineNames;

    public string Current => server.EngineName;

    public Task SetAsync(string value, CancellationToken cancellationToken) =>
        server.SwitchEngineAsync(value, cancellationToken);
}

/// <summary>cache: whether reads are served from Redis. To be set on all servers before any of them is loaded.</summary>
internal sealed class CacheFactor(ReadCache cache) : IRuntimeFactor
{
    public const string Off = "off";
    public const string Redis = "redis";

    public string Name => "cache";

    public IReadOnlyList<string> Values { get; } = [Off, Redis];

    public string Current => cache.IsOn ? Redis : Off;

    public Task SetAsync(string value, CancellationToken cancellationToken) => cache.SwitchAsync(value == Redis);
}

/// <summary>database_route: directly, or through a link that injects faults.</summary>
internal sealed class DatabaseRouteFactor(DatabaseRoutes routes) : IRuntimeFactor
{
    public string Name => "database_route";

    public IReadOnlyList<string> Values => routes.Names;

    public string Current => routes.Current;

    public Task SetAsync(string value, CancellationToken cancellationToken)
    {
        routes.Current = value;
        return Task.CompletedTask;
    }
}
