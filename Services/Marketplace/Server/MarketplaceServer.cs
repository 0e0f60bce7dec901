using System.Net;
using Lab.Marketplace.Accounts;
using Lab.Marketplace.Buyers;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Purchases;
using Lab.Marketplace.Sellers;
using Lab.Marketplace.Sessions;
using Lab.ServiceDefaults;
using Lab.ServiceDefaults.Telemetry;
using Lab.Storage.MySql;
using Lab.Storage.Redis;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using Role = Lab.Marketplace.Domain.Role;

namespace Lab.Marketplace.Server;

/// <summary>
/// The seller server and the buyer server: one program, two roles. Neither keeps anything of a user in memory, so both
/// can be restarted and replicated.
/// </summary>
internal static class MarketplaceServer
{
    private const string DirectRoute = "direct";
    private const string LinkRoute = "link";

    /// <returns>The server, started.</returns>
    public static async Task<WebApplication> StartAsync(Role role, string[] args)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(args);
        MarketplaceOptions.AddTo(builder.Services);
        ConnectionStrings.AddTo(builder.Services);
        IConnectionMultiplexer? redis = null;
        builder.Services.AddSingleton(_ => redis ?? throw new InvalidOperationException("Redis is asked for before it is connected to"));
        AddDatabase(builder.Services);
        AddMarketplace(builder.Services, role);
        builder.Services.AddRequestTracing("marketplace");
        AddSteering(builder.Services);

        var app = builder.BuildLab();
        redis = await RedisConnection.ConnectAsync(Connections(app.Services).Redis!);
        app.MapLabDefaults();
        await app.StartAsync();
        return app;
    }

    private static void AddDatabase(IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            // The direct way always, and the way through the fault proxy where the runner has one.
            var routes = new Dictionary<string, string>(StringComparer.Ordinal) { [DirectRoute] = Connections(provider).MySql! };
            if (Connections(provider).MySqlLink is { } link)
            {
                routes[LinkRoute] = link;
            }

            return new DatabaseRoutes(routes, DirectRoute);
        });
        services.AddSingleton(provider => new DatabasePool(
            provider.GetRequiredService<DatabaseRoutes>(),
            new DatabasePoolOptions { Connections = Options(provider).DatabaseConnections },
            provider.GetRequiredService<ILogger<DatabasePool>>()));
    }

    private static void AddMarketplace(IServiceCollection services, Role role)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new PasswordHasher(Options(provider).PasswordIterations));
        services.AddSingleton(provider => new SessionStore(
            provider.GetRequiredService<IConnectionMultiplexer>(), Options(provider).SessionTimeout));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<AccountStore>(provider, role));
        services.AddSingleton<ReadCache>();
        services.AddSingleton<SellerRatings>();
        services.AddSingleton<ItemQueries>();
        services.AddSingleton<Operation, CreateAccount>();
        services.AddSingleton<Operation, Logout>();
        services.AddSingleton<Operation>(provider => ActivatorUtilities.CreateInstance<GetSellerRating>(provider, role));
        if (role == Role.Seller)
        {
            AddSellerOperations(services);
        }
        else
        {
            AddBuyerOperations(services);
        }

        services.AddSingleton<IFrameHandler>(provider => ActivatorUtilities.CreateInstance<RequestDispatcher>(provider, role));
        services.AddSingleton(provider => new FrameServer(
            IPEndPoint.Parse(Options(provider).Listen),
            provider.GetRequiredService<IFrameHandler>(),
            new ConnectionLimits
            {
                MaxConnections = Options(provider).MaxConnections,
                FrameTimeout = Options(provider).FrameTimeout,
                IdleTimeout = Options(provider).IdleTimeout,
            },
            provider.GetRequiredService<ILogger<FrameServer>>(),
            provider.GetRequiredService<ServiceFailure>().Report));
        services.AddHostedService<MarketplaceListener>();
    }

    private static void AddSellerOperations(IServiceCollection services)
    {
        services.AddSingleton<ItemRegistration>();
        services.AddSingleton<ItemChanges>();
        services.AddSingleton<Operation>(provider => new Login(
            Role.Seller, provider.GetRequiredService<AccountStore>(), provider.GetRequiredService<SessionStore>(), savedCarts: null));
        services.AddSingleton<Operation, RegisterItemForSale>();
        services.AddSingleton<Operation, ChangeItemPrice>();
        services.AddSingleton<Operation, UpdateUnitsForSale>();
        services.AddSingleton<Operation, DisplayItemsForSale>();
    }

    private static void AddBuyerOperations(IServiceCollection services)
    {
        services.AddSingleton<ItemSearch>();
        services.AddSingleton<SavedCartStore>();
        services.AddSingleton<IPaymentGateway, CardProcessor>();
        services.AddSingleton<PurchaseStore>();
        services.AddSingleton<FeedbackStore>();
        services.AddSingleton<Checkout>();
        services.AddHostedService<AbandonedPurchases>();
        services.AddSingleton<Operation>(provider => ActivatorUtilities.CreateInstance<Login>(provider, Role.Buyer));
        services.AddSingleton<Operation, SearchItems>();
        services.AddSingleton<Operation, GetItem>();
        services.AddSingleton<Operation, AddItemToCart>();
        services.AddSingleton<Operation, RemoveItemFromCart>();
        services.AddSingleton<Operation, SaveCart>();
        services.AddSingleton<Operation, ClearCart>();
        services.AddSingleton<Operation, DisplayCart>();
        services.AddSingleton<Operation, MakePurchase>();
        services.AddSingleton<Operation, ProvideFeedback>();
        services.AddSingleton<Operation, GetBuyerPurchases>();
    }

    private static void AddSteering(IServiceCollection services)
    {
        services.AddSingleton<IRuntimeFactor, EngineFactor>();
        services.AddSingleton<IRuntimeFactor, CacheFactor>();
        services.AddSingleton<IRuntimeFactor, DatabaseRouteFactor>();
        services.AddMySqlConnector<DatabaseHealth>();
        services.AddHealthChecks().AddCheck<RedisHealth>("redis", HealthStatus.Unhealthy);
    }

    private static MarketplaceOptions Options(IServiceProvider services) =>
        services.GetRequiredService<IOptions<MarketplaceOptions>>().Value;

    private static ConnectionStrings Connections(IServiceProvider services) =>
        services.GetRequiredService<IOptions<ConnectionStrings>>().Value;
}
