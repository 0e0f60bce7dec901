using System.Text.Json;

namespace Lab.FaultProxy.Client;

/// <summary>A proxy there shall be.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Listen"><c>host:port</c>; port 0 takes a free one.</param>
/// <param name="Upstream"><c>host:port</c> to which its connections are forwarded.</param>
/// <param name="Enabled">Does it listen?</param>
public sealed record ProxySpec(string Name, string Listen, string Upstream, bool Enabled = true);

/// <summary>A proxy as it is.</summary>
public sealed record Proxy
{
    public required string Name { get; init; }

    /// <summary><c>host:port</c>, with the real port once it has listened.</summary>
    public required string Listen { get; init; }

    public required string Upstream { get; init; }

    public required bool Enabled { get; init; }

    public required IReadOnlyList<Toxic> Toxics { get; init; }
}

/// <summary>A toxic as it is.</summary>
public sealed record Toxic
{
    /// <summary>What the type can be told, by Toxiproxy's names: <c>latency</c>, <c>jitter</c>.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Attributes { get; init; }

    /// <summary>Unique within its proxy.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of fault: <c>latency</c>.</summary>
    public required string Type { get; init; }

    public required ToxicStream Stream { get; init; }

    /// <summary>The share of connections it affects, 0 to 1.</summary>
    public required double Toxicity { get; init; }
}

/// <summary>The direction a toxic affects; the other one is left alone.</summary>
public enum ToxicStream
{
    /// <summary>From the client to the upstream.</summary>
    Upstream,

    /// <summary>From the upstream to the client.</summary>
    Downstream,
}
