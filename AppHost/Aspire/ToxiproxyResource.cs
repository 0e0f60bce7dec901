using Lab.FaultProxy.Client;

namespace Lab.AppHost.Aspire;

/// <summary>Shopify's Toxiproxy in a container, in the machine's own network: it must reach what runs beside it.</summary>
internal sealed class ToxiproxyResource(string name) : ContainerResource(name)
{
    public const string Image = "shopify/toxiproxy";
    public const string Registry = "ghcr.io";
    public const string Tag = "2.12.0";
}

/// <summary>A listener of a fault proxy, and where it leads.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Listen">ADDRESS:PORT.</param>
/// <param name="Upstream">ADDRESS:PORT.</param>
internal sealed record ProxyAnnotation(string Name, ReferenceExpression Listen, ReferenceExpression Upstream) : IResourceAnnotation;

/// <summary>A fault that a fault proxy has from its start.</summary>
/// <param name="Proxy">The listener that it disturbs.</param>
/// <param name="Toxic">How.</param>
internal sealed record ToxicAnnotation(string Proxy, ToxicSpec Toxic) : IResourceAnnotation;
