using Lab.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.TradingPost.Supervision;

/// <summary>The service <c>trading-post</c>: <c>Lab.TradingPost serve</c>.</summary>
internal static class SupervisorService
{
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(args);
        builder.Services.AddSingleton(SupervisorOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<Supervisor>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Supervisor>());
        var app = builder.Build();
        app.MapLabDefaults(AdminCalls.Map);
        await app.RunAsync();
        return 0;
    }
}
