using System.Net.Http.Headers;
using System.Net.Http.Json;
using Lab.FaultProxy.Client;
using Lab.Harness.Experiments;
using Lab.Topology;

namespace Lab.Harness.Scenarios;

/// <summary>
/// Steers a running lab: factors of services through their admin endpoints, deployments through the fault proxy.
/// Remembers what is set, so that a cell that changes nothing costs nothing.
/// </summary>
public sealed class LabControl(LabTopology topology, LabEndpoints endpoints, Deployments deployments) : IDisposable
{
    private readonly HttpClient _http = new()
    {
        Timeout = TimeSpan.FromSeconds(30),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", endpoints.AdminToken) },
    };

    private readonly ToxiproxyClient _faultProxy = new(endpoints.FaultProxyApi);
    private readonly Dictionary<string, Dictionary<string, string>> _factors = new(StringComparer.Ordinal);
    private string? _deployment;

    public LabEndpoints Endpoints => endpoints;

    /// <summary>Sets factors of a service.</summary>
    /// <returns>True when something changed.</returns>
    /// <exception cref="LabControlException">The service refuses or does not answer.</exception>
    public async Task<bool> SetFactorsAsync(
        string service, IReadOnlyDictionary<string, string> factors, CancellationToken cancellationToken)
    {
        var known = _factors.TryGetValue(service, out var set) ? set : _factors[service] = new(StringComparer.Ordinal);
        var changes = factors.Where(factor => known.GetValueOrDefault(factor.Key) != factor.Value)
            .ToDictionary(factor => factor.Key, factor => factor.Value, StringComparer.Ordinal);
        if (changes.Count == 0)
        {
            return false;
        }

        try
        {
            using var reply = await _http.PutAsJsonAsync(
                new Uri(endpoints.Services[service].Admin, "/admin/factors"), changes, cancellationToken);
            if (!reply.IsSuccessStatusCode)
            {
                throw new LabControlException(
                    $"{service} refuses {string.Join(", ", changes)}: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync(cancellationToken)}");
            }
        }
        catch (HttpRequestException exception)
        {
            throw new LabControlException($"the admin endpoint of {service} does not answer: {exception.Message}", exception);
        }

        foreach (var (name, value) in changes)
        {
            known[name] = value;
        }

        return true;
    }

    /// <summary>Puts a deployment's toxics on all links of their class.</summary>
    /// <exception cref="LabControlException">The fault proxy refuses or does not answer.</exception>
    public async Task DeployAsync(string name, CancellationToken cancellationToken)
    {
        if (_deployment == name)
        {
            return;
        }

        try
        {
            await _faultProxy.ResetAsync(cancellationToken);
            foreach (var link in topology.Links)
            {
                foreach (var toxic in deployments[name].ToxicsOf(link.Class))
                {
                    await _faultProxy.AddToxicAsync(link.Name, Specify(toxic), cancellationToken);
                }
            }
        }
        catch (ToxiproxyException exception)
        {
            throw new LabControlException($"the fault proxy cannot act out deployment '{name}': {exception.Message}", exception);
        }

        _deployment = name;
    }

    /// <summary>A class of links is used only where the deployment does something to it: elsewhere the way is direct.</summary>
    public bool UsesLinks(string deployment, string linkClass) => deployments[deployment].ToxicsOf(linkClass).Count > 0;

    public void Dispose()
    {
        _http.Dispose();
        _faultProxy.Dispose();
    }

    private static ToxicSpec Specify(LinkToxic toxic) => toxic.Type switch
    {
        "latency" => new LatencyToxicSpec(toxic.LatencyMs, toxic.JitterMs)
        {
            Stream = toxic.Stream == "upstream" ? ToxicStream.Upstream : ToxicStream.Downstream,
        },
        _ => throw new LabControlException($"a toxic of type '{toxic.Type}' is unknown here"),
    };
}

/// <summary>The running lab could not be steered; the message says what and why.</summary>
public sealed class LabControlException(string message, Exception? inner = null) : Exception(message, inner);
