using Lab.FaultProxy.Client;

namespace Lab.AppHost.Aspire;

/// <summary>
/// Shopify's Toxiproxy in a container, in the machine's own network. Aspire puts every container resource into a network of
/// its own, from where services that listen on this machine's loopback can be reached by a tunnel only, which would be
/// measured, too: hence a program that runs a container.
/// </summary>
/// <param name="name">The resource.</param>
/// <param name="runtime">Docker or Podman.</param>
/// <param name="folder">Where its configuration lies.</param>
internal sealed class ToxiproxyResource(string name, string runtime, string folder) : ExecutableResource(name, runtime, folder)
{
    public const string Image = "ghcr.io/shopify/toxiproxy:2.12.0";

    /// <summary>On this machine.</summary>
    public string ConfigurationFile => Path.Combine(WorkingDirectory, $"{Name}.json");
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
