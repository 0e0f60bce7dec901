using Lab.FaultProxy.Client;
using Lab.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.FaultProxy;

/// <summary>Under <c>FaultProxy:</c> in the configuration (environment: <c>FaultProxy__Seed</c>).</summary>
internal sealed class FaultProxyOptions
{
    public const string Section = "FaultProxy";

    /// <summary>Repeats the random choices of an earlier run; also <c>--seed</c>. Without one, one is drawn and logged.</summary>
    public long? Seed { get; set; }

    /// <summary>Connections a proxy serves at a time; more are closed as they come.</summary>
    public int MaxConnections { get; set; } = 20_000;

    /// <summary>Bytes one direction of a connection may hold back; with a delay, its throughput is at most this per delay.</summary>
    public long LinkBufferBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Bytes all connections together may hold back; beyond it each holds one chunk (64 KiB at most) at a time.</summary>
    public long TotalBufferBytes { get; set; } = 512L * 1024 * 1024;

    public int ConnectTimeoutMs { get; set; } = 10_000;

    /// <summary>Proxies to start with.</summary>
    public IReadOnlyList<ConfiguredProxy> Proxies { get; set; } = [];

    public static void AddTo(IServiceCollection services) =>
        services.AddOptions<FaultProxyOptions>().BindConfiguration(Section).Check(options => options.Problems());

    private IEnumerable<string?> Problems() =>
    [
        SettingChecks.Between($"{Section}:{nameof(MaxConnections)}", MaxConnections, 1, 1_000_000),
        SettingChecks.OpenFiles($"{Section}:{nameof(MaxConnections)}", MaxConnections, descriptorsEach: 2),
        SettingChecks.Between($"{Section}:{nameof(LinkBufferBytes)}", LinkBufferBytes, 1, 1L << 40),
        SettingChecks.Between($"{Section}:{nameof(TotalBufferBytes)}", TotalBufferBytes, 1, 1L << 40),
        SettingChecks.Between($"{Section}:{nameof(ConnectTimeoutMs)}", ConnectTimeoutMs, 1, 600_000),
    ];

    /// <summary><see cref="ProxySpec"/> as configuration can fill it in.</summary>
    internal sealed class ConfiguredProxy
    {
        public string Name { get; set; } = "";

        public string Listen { get; set; } = "";

        public string Upstream { get; set; } = "";

        public bool Enabled { get; set; } = true;
    }
}
