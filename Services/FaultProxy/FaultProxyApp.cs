using System.Globalization;
using Lab.FaultProxy.Api;
using Lab.FaultProxy.Proxies;
using Lab.FaultProxy.Timing;
using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.FaultProxy;

/// <summary>The process: the API's web server and the configured proxies.</summary>
internal static class FaultProxyApp
{
    private const int MaxBodyBytes = 1024 * 1024;
    private const int MaxApiConnections = 1000;

    /// <summary>Started: the API answers, all configured proxies listen.</summary>
    /// <param name="args">Configuration as command line options; <c>--seed</c> for short.</param>
    /// <param name="configure">Last changes to the host.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OptionsValidationException">A setting is not as it must be.</exception>
    /// <exception cref="InvalidOperationException">It cannot be read, or a proxy cannot listen.</exception>
    public static async Task<WebApplication> StartAsync(
        string[] args, Action<WebApplicationBuilder>? configure = null, CancellationToken cancellationToken = default)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService([.. args.Select(CommandLine.ExpandAlias)]);
        FaultProxyOptions.AddTo(builder.Services);
        builder.Services.AddSingleton<TimerThread>(_ => new TimerThread());
        builder.Services.AddSingleton<ProxyEnvironment>();
        builder.Services.AddSingleton<ProxyRegistry>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxApiConnections;
        });

        configure?.Invoke(builder);
        var app = builder.BuildLab();
        try
        {
            ApiErrors.Use(app);
            app.MapLabDefaults();
            ToxiproxyApi.Map(app);
            await CreateConfiguredAsync(app, cancellationToken);
            await app.StartAsync(cancellationToken);
            app.Logger.LogInformation("API on {Urls}", string.Join(", ", app.Urls));
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static async Task CreateConfiguredAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var options = app.Services.GetRequiredService<IOptions<FaultProxyOptions>>().Value;
        var environment = app.Services.GetRequiredService<ProxyEnvironment>();
        app.Logger.LogInformation("seed {Seed}", environment.Seed.ToString(CultureInfo.InvariantCulture));
        var inputs = options.Proxies.Select(proxy => new ProxyInput
        {
            Name = proxy.Name,
            Listen = proxy.Listen,
            Upstream = proxy.Upstream,
            Enabled = proxy.Enabled,
        });
        var (_, failure) = await app.Services.GetRequiredService<ProxyRegistry>().PopulateAsync([.. inputs], cancellationToken);
        if (failure is not null)
        {
            throw new InvalidOperationException($"{FaultProxyOptions.Section}:Proxies: {failure.Message}", failure);
        }
    }
}
