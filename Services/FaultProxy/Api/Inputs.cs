using System.Text.Json.Nodes;

namespace Lab.FaultProxy.Api;

/// <summary>A proxy as a client sends it; what is null was not sent.</summary>
internal sealed record ProxyInput
{
    public string? Name { get; init; }

    public string? Listen { get; init; }

    public string? Upstream { get; init; }

    public bool? Enabled { get; init; }
}

/// <summary>A toxic as a client sends it; what is null was not sent.</summary>
internal sealed record ToxicInput
{
    public string? Name { get; init; }

    public string? Type { get; init; }

    public string? Stream { get; init; }

    public double? Toxicity { get; init; }

    public JsonObject? Attributes { get; init; }
}
