using Lab.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.MedalTally.Stores;

/// <summary>The stores of a process that has the board itself.</summary>
internal static class LocalStores
{
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton(provider => new StoreChoice(FileOf(provider.GetRequiredService<ServiceOptions>(), "store"), (name, cancellationToken) => OpenAsync(provider, name, cancellationToken)));
        services.AddSingleton<IRuntimeFactor>(provider => provider.GetRequiredService<StoreChoice>());
        services.AddSingleton<ITallyStore>(provider => provider.GetRequiredService<StoreChoice>());
    }

    private static string FileOf(ServiceOptions service, string what) => Path.Combine(Path.GetFullPath(service.DataFolder), $"{service.Name}-{what}");

    private static async Task<ITallyStore> OpenAsync(IServiceProvider services, string name, CancellationToken cancellationToken)
    {
        var service = services.GetRequiredService<ServiceOptions>();
        var logger = services.GetRequiredService<ILogger<StoreChoice>>();
        if (name == StoreChoice.Journal)
        {
            return await JournalStore.OpenAsync(FileOf(service, "journal"), logger, services.GetRequiredService<ServiceFailure>().Report, cancellationToken);
        }

        return services.GetRequiredService<IOptions<MedalTallyOptions>>().Value.MySql is { } database
            ? await MySqlStore.OpenAsync(database, service.Name, logger, cancellationToken)
            : throw new StoreException("this process knows no database (ConnectionStrings:mysql)", isOutcomeUnknown: false);
    }
}
