using Lab.FaultProxy.Client;

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

    /// <exception cref="InvalidOperationException">A value is out of range.</exception>
    public void Validate()
    {
        Check(nameof(MaxConnections), MaxConnections, 1_000_000);
        Check(nameof(LinkBufferBytes), LinkBufferBytes, 1L << 40);
        Check(nameof(TotalBufferBytes), TotalBufferBytes, 1L << 40);
        Check(nameof(ConnectTimeoutMs), ConnectTimeoutMs, 600_000);
    }

    private static void Check(string name, long value, long max)
    {
        if (value < 1 || value > max)
        {
            throw new InvalidOperationException($"{Section}:{name} must be between 1 and {max}, not {value}");
        }
    }

    /// <summary><see cref="ProxySpec"/> as configuration can fill it in.</summary>
    internal sealed class ConfiguredProxy
    {
        public string Name { get; set; } = "";

        public string Listen { get; set; } = "";

        public string Upstream { get; set; } = "";

        public bool Enabled { get; set; } = true;
    }
}
