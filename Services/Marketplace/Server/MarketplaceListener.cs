using Lab.Marketplace.Catalog;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;
using Lab.Transport;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.Marketplace.Server;

/// <summary>Opens the server for clients once its tables exist.</summary>
internal sealed class MarketplaceListener(
    FrameServer server,
    DatabasePool database,
    ReadCache cache,
    IOptions<MarketplaceOptions> options,
    ILogger<MarketplaceListener> logger) : IHostedService
{
    private static readonly TimeSpan SchemaRetry = TimeSpan.FromMilliseconds(200);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await CreateSchemaAsync(cancellationToken);
        await cache.SwitchAsync(options.Value.Cache == CacheFactor.Redis);
        await server.SwitchEngineAsync(options.Value.Engine, cancellationToken);
        logger.LogInformation("serving clients on {Endpoint}, engine {Engine}", server.Endpoint, server.EngineName);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await server.DisposeAsync();

    /// <summary>The database may come up after this server: it waits, and says so in its log.</summary>
    private async Task CreateSchemaAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await database.RunAsync(DatabaseAccess.Write, async session =>
                {
                    await MarketplaceSchema.CreateAsync(session.Connection);
                    return true;
                });
                return;
            }
            catch (DatabaseUnavailableException)
            {
                await Task.Delay(SchemaRetry, cancellationToken);
            }
        }
    }
}
