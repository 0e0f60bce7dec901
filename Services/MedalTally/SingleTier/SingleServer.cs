using Lab.MedalTally.Api;
using Lab.MedalTally.Stores;
using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.MedalTally.SingleTier;

/// <summary>One tier: the server that speaks HTTP has the board, too.</summary>
internal static class SingleServer
{
    public static async Task<WebApplication> StartAsync(string[] args)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(args);
        MedalTallyOptions.AddTo(builder.Services);
        ApiListener.AddTo(builder);
        TallyApi.AddTo(builder.Services);
        LocalStores.AddTo(builder.Services);
        var app = builder.BuildLab();
        ApiListener.SeparatePorts(app);
        TallyApi.Map(app);
        app.MapLabDefaults();
        await app.Services.GetRequiredService<StoreChoice>().OpenLastAsync(CancellationToken.None);
        await app.StartAsync();
        return app;
    }
}
