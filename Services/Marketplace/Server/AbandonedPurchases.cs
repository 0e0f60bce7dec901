using Lab.Marketplace.Purchases;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.Marketplace.Server;

/// <summary>Finishes purchases whose server died between reservation and payment.</summary>
internal sealed class AbandonedPurchases(
    Checkout checkout, IOptions<MarketplaceOptions> options, ILogger<AbandonedPurchases> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var age = options.Value.PurchaseTimeout;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(1, age.TotalSeconds / 6)));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await checkout.FinishAbandonedAsync(age) is > 0 and var finished)
                {
                    logger.LogWarning("finished {Count} abandoned purchases", finished);
                }
            }
            catch (Exception exception)
            {
                // The database is away, or the cache: the next round tries again.
                logger.LogWarning("abandoned purchases wait: {Reason}", exception.Message);
            }
        }
    }
}
