using Lab.ServiceDefaults;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.TradingPost.Supervision;

/// <summary>Opens markets, one at a time, and does to their peers what it is told.</summary>
internal sealed class Supervisor(IOptions<SupervisorOptions> options, ServiceOptions service, ILogger<Supervisor> logger) : IHostedService, IDisposable
{
    private readonly SemaphoreSlim _changing = new(1);
    private volatile OpenMarket? _market;
    private int _markets;

    /// <summary>Null: none is open.</summary>
    public OpenMarket? Market => _market;

    public SupervisorOptions Options => options.Value;

    private string Folder => Path.Combine(Path.GetFullPath(service.DataFolder), service.Name + "-market");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (Options.OpenAtStart)
        {
            await OpenAsync(MarketSettings.ForWatching, cancellationToken);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await CloseAsync(cancellationToken);

    /// <summary>Ends the market before and opens another one, with empty accounts.</summary>
    /// <param name="settings">Checked by <see cref="SupervisorOptions.WhyNot"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PeerStartException">A peer did not start.</exception>
    /// <exception cref="IOException">Folder or accounts cannot be used.</exception>
    public Task<MarketState> OpenAsync(MarketSettings settings, CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            await EndMarketAsync();
            if (Directory.Exists(Folder))
            {
                Directory.Delete(Folder, recursive: true);
            }

            Directory.CreateDirectory(Folder);
            var logs = Path.Combine(Path.GetFullPath(service.LogFolder), service.Name + "-");
            var market = new OpenMarket(++_markets, settings, Folder, logs, Options, logger);
            await market.OpenAsync(cancellationToken);
            _market = market;
            logger.LogInformation("market {Number} is open: {Settings}", market.Number, settings);
            return market.State();
        },
        cancellationToken);

    /// <summary>Ends the market, if one is open.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            await EndMarketAsync();
            return true;
        },
        cancellationToken);

    /// <summary>Changes the market's peers while nobody else does.</summary>
    public async Task<T> AloneAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            return await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    private async Task EndMarketAsync()
    {
        if (_market is { } before)
        {
            _market = null;
            await before.CloseAsync();
        }
    }
}
