using Lab.ServiceDefaults;
using Lab.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.Marketplace.Server;

/// <summary>Settings of a marketplace server, under <c>Marketplace:</c> in its configuration.</summary>
public sealed class MarketplaceOptions
{
    public const string Section = "Marketplace";

    /// <summary>Where clients connect: ADDRESS:PORT.</summary>
    public string Listen { get; set; } = "127.0.0.1:0";

    /// <summary>The connection engine to begin with.</summary>
    public string Engine { get; set; } = "async";

    /// <summary>Whether reads are cached in Redis to begin with: off or redis.</summary>
    public string Cache { get; set; } = CacheFactor.Off;

    /// <summary>A session without requests ends after this.</summary>
    public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Work factor of new passwords.</summary>
    public int PasswordIterations { get; set; } = 100_000;

    /// <summary>Jobs that the database does for this server at once, each on a connection of its own.</summary>
    public int DatabaseConnections { get; set; } = 4;

    /// <summary>A reserved purchase older than this is taken to be abandoned.</summary>
    public TimeSpan PurchaseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    public int MaxConnections { get; set; } = 10_000;

    public TimeSpan FrameTimeout { get; set; } = TimeSpan.FromSeconds(10);

    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(10);

    internal static void AddTo(IServiceCollection services) =>
        services.AddOptions<MarketplaceOptions>().BindConfiguration(Section).Check(options => options.Problems());

    private IEnumerable<string?> Problems() =>
    [
        SettingChecks.Address($"{Section}:{nameof(Listen)}", Listen),
        SettingChecks.OneOf($"{Section}:{nameof(Engine)}", Engine, FrameServer.EngineNames),
        SettingChecks.OneOf($"{Section}:{nameof(Cache)}", Cache, [CacheFactor.Off, CacheFactor.Redis]),
        SettingChecks.Positive($"{Section}:{nameof(SessionTimeout)}", SessionTimeout),
        SettingChecks.Between($"{Section}:{nameof(PasswordIterations)}", PasswordIterations, 1, 10_000_000),
        SettingChecks.Between($"{Section}:{nameof(DatabaseConnections)}", DatabaseConnections, 1, 256),
        SettingChecks.Positive($"{Section}:{nameof(PurchaseTimeout)}", PurchaseTimeout),
        SettingChecks.Between($"{Section}:{nameof(MaxConnections)}", MaxConnections, 1, 100_000),
        SettingChecks.OpenFiles($"{Section}:{nameof(MaxConnections)}", MaxConnections),
        SettingChecks.Positive($"{Section}:{nameof(FrameTimeout)}", FrameTimeout),
        SettingChecks.Positive($"{Section}:{nameof(IdleTimeout)}", IdleTimeout),
    ];
}
