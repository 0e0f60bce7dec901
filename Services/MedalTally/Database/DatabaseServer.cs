using System.Net;
using Lab.MedalTally.Group;
using Lab.MedalTally.Stores;
using Lab.ServiceDefaults;
using Lab.Transport;
using Lab.Transport.Engines;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.MedalTally.Database;

/// <summary>The second tier: one process that has the board, and answers front-ends.</summary>
internal static class DatabaseServer
{
    /// <summary>Each front-end has one, of which many requests are under way at once.</summary>
    private static readonly ConnectionLimits Limits = new() { MaxConnections = 256, MaxPipelined = 64 };

    /// <summary>Of all engines the one with the fewest system calls per request at few connections.</summary>
    private const string Engine = "epoll";

    public static async Task<WebApplication> StartAsync(string[] args)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(args);
        MedalTallyOptions.AddTo(builder.Services);
        LocalStores.AddTo(builder.Services);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, GroupJson.Default));
        builder.Services.AddSingleton(services => new GroupHost(
            services.GetRequiredService<IOptions<MedalTallyOptions>>().Value,
            services.GetRequiredService<TallySecrets>(),
            remoteRegister: null,
            RegisterFile(services.GetRequiredService<ServiceOptions>()),
            services.GetRequiredService<ServiceFailure>().Report,
            services.GetRequiredService<ILogger<GroupHost>>()));
        builder.Services.AddSingleton(services => new FrameServer(
            IPEndPoint.Parse(services.GetRequiredService<IOptions<MedalTallyOptions>>().Value.Tables),
            new DatabaseHandler(services.GetRequiredService<ITallyStore>(), services.GetRequiredService<GroupHost>(), services.GetRequiredService<TallySecrets>().Tiers),
            Limits,
            services.GetRequiredService<ILogger<FrameServer>>(),
            services.GetRequiredService<ServiceFailure>().Report,
            new FrameServerOptions { Workers = 1 }));
        var app = builder.BuildLab();
        app.MapLabDefaults(GroupCalls.Map);
        await app.Services.GetRequiredService<StoreChoice>().OpenLastAsync(CancellationToken.None);
        await app.Services.GetRequiredService<FrameServer>().SwitchEngineAsync(Engine, CancellationToken.None);
        await app.StartAsync();
        return app;
    }

    private static string RegisterFile(ServiceOptions service) => Path.Combine(Path.GetFullPath(service.DataFolder), service.Name + "-group.json");
}
