using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Lab.FaultProxy.Client;
using Lab.Harness.Experiments;
using Lab.ServiceDefaults;
using Lab.Storage.MySql;
using Lab.Telemetry.Requests;
using Lab.Topology;

namespace Lab.Harness.Running;

/// <summary>
/// Steers a running lab: factors of services through their admin endpoints, deployments through the fault proxy. What is set
/// it asks them each time: a service may have come back with its defaults, a fault proxy without its toxics.
/// </summary>
public sealed class LabControl(LabTopology topology, LabEndpoints endpoints, Deployments deployments) : IDisposable
{
    private static readonly TimeSpan RestartTimeout = TimeSpan.FromSeconds(60);
    /// <summary>For a whole answer: a market's history may be long.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan PollPause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new()
    {
        Timeout = TimeSpan.FromSeconds(30),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", endpoints.AdminToken) },
    };

    private readonly ToxiproxyClient _faultProxy = new(endpoints.FaultProxyApi);
    private readonly Dictionary<string, int> _processes = new(StringComparer.Ordinal);

    public LabEndpoints Endpoints => endpoints;

    /// <summary>Sets those factors of a service that are not as wanted.</summary>
    /// <returns>True when something has changed since the last call: a factor, or the process that serves.</returns>
    /// <exception cref="LabControlException">The service refuses or does not answer.</exception>
    public async Task<bool> SetFactorsAsync(
        string service, IReadOnlyDictionary<string, string> factors, CancellationToken cancellationToken)
    {
        await WaitUntilHealthyAsync(service, cancellationToken);
        var process = await CallAsync<RunningProcess>(service, HttpMethod.Get, "/admin/process", content: null, cancellationToken);
        var isAnother = _processes.TryGetValue(service, out var before) && before != process.Pid;
        _processes[service] = process.Pid;
        var set = await CallAsync<Dictionary<string, FactorState>>(service, HttpMethod.Get, "/admin/factors", content: null, cancellationToken);
        var changes = factors.Where(factor => set.GetValueOrDefault(factor.Key)?.Current != factor.Value).ToDictionary(StringComparer.Ordinal);
        if (changes.Count == 0)
        {
            return isAnother;
        }

        using var content = JsonContent.Create(changes);
        var now = await CallAsync<Dictionary<string, FactorState>>(service, HttpMethod.Put, "/admin/factors", content, cancellationToken);
        return changes.FirstOrDefault(change => now.GetValueOrDefault(change.Key)?.Current != change.Value) is { Key: { } refused, Value: var wanted }
            ? throw new LabControlException($"{service} was told {refused} {wanted} and works with '{now.GetValueOrDefault(refused)?.Current}'")
            : true;
    }

    /// <summary>Lets a service end in order and waits until it is healthy again, as a new process with no factors set.</summary>
    /// <param name="service">Its name; the lab must start it again.</param>
    /// <param name="processIds">Processes of the lab, as they are now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="LabControlException">It does not come back, or refuses.</exception>
    public async Task RestartAsync(
        string service, Func<IReadOnlyDictionary<string, int>> processIds, CancellationToken cancellationToken)
    {
        var before = processIds().GetValueOrDefault(service);
        var admin = endpoints.Services[service].Admin;
        try
        {
            using var reply = await _http.PostAsync(new Uri(admin, "/admin/restart"), content: null, cancellationToken);
            if (!reply.IsSuccessStatusCode)
            {
                throw new LabControlException($"{service} refuses to be restarted: {(int)reply.StatusCode}");
            }
        }
        catch (Exception exception) when (IsSilence(exception, cancellationToken))
        {
            // It is gone before it can answer.
        }

        await UntilAsync(
            async () => processIds().TryGetValue(service, out var pid) && pid != before && await IsHealthyAsync(admin, cancellationToken),
            $"{service} did not come back within {RestartTimeout.TotalSeconds:0} s after a restart",
            cancellationToken);
    }

    /// <summary>The bytes of a service's connection log from an offset to its end; an offset of -1 gives none of them.</summary>
    /// <returns>The bytes and the log's length.</returns>
    /// <exception cref="LabControlException">The service has no such log or does not answer.</exception>
    public Task<(byte[] Bytes, long Length)> ReadConnectionLogAsync(string service, long from, CancellationToken cancellationToken) => AskAsync(
        service,
        async () =>
        {
            using var reply = await _http.GetAsync(
                new Uri(endpoints.Services[service].Admin, FormattableString.Invariant($"/admin/connections?from={from}")), cancellationToken);
            return reply.IsSuccessStatusCode
                && reply.Headers.TryGetValues("Log-Length", out var values)
                && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                ? (await reply.Content.ReadAsByteArrayAsync(cancellationToken), length)
                : throw new LabControlException($"{service} does not show its connection log: {(int)reply.StatusCode}");
        },
        cancellationToken);

    /// <summary>Ids of processes that a service tells of mean something here: it runs on this machine, and in no container.</summary>
    /// <exception cref="LabControlException">The service does not answer.</exception>
    public async Task<bool> IsHereAsync(string service, CancellationToken cancellationToken) =>
        (await CallAsync<RunningProcess>(service, HttpMethod.Get, "/admin/process", content: null, cancellationToken)).Place == RunningProcess.This().Place;

    /// <summary>Where a service's time for some requests went.</summary>
    /// <returns>Those that it still knows.</returns>
    /// <exception cref="LabControlException">The service does not follow its requests, or does not answer.</exception>
    public Task<IReadOnlyList<RequestTimes>> ExplainAsync(
        string service, IReadOnlyList<TracedRequest> requests, CancellationToken cancellationToken) => AskAsync<IReadOnlyList<RequestTimes>>(
        service,
        async () =>
        {
            using var reply = await _http.PostAsJsonAsync(
                new Uri(endpoints.Services[service].Admin, "/admin/traces"), requests, cancellationToken);
            return reply.IsSuccessStatusCode
                ? await reply.Content.ReadFromJsonAsync<RequestTimes[]>(cancellationToken) ?? []
                : throw new LabControlException($"{service} does not say where its time went: {(int)reply.StatusCode}");
        },
        cancellationToken);

    /// <summary>A call of a service's admin endpoint that is answered with JSON.</summary>
    /// <inheritdoc cref="CallAsync{T}(string, HttpMethod, string, HttpContent?, Func{HttpContent, CancellationToken, Task{T}}, CancellationToken)"/>
    public Task<T> CallAsync<T>(string service, HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken) => CallAsync(
        service,
        method,
        path,
        content,
        async (answer, token) => await answer.ReadFromJsonAsync<T>(token) ?? throw new JsonException("the answer is empty"),
        cancellationToken);

    /// <summary>Any other call of a service's admin endpoint.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="method">What to do.</param>
    /// <param name="path">With what: <c>/admin/...</c>.</param>
    /// <param name="content">To send, or null.</param>
    /// <param name="read">Reads the answer, as it arrives.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabControlException">The service refuses, does not answer, or answers what cannot be read.</exception>
    public Task<T> CallAsync<T>(
        string service,
        HttpMethod method,
        string path,
        HttpContent? content,
        Func<HttpContent, CancellationToken, Task<T>> read,
        CancellationToken cancellationToken) => AskAsync(
        service,
        async () =>
        {
            // The client's own time limit ends with the headers.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(AnswerTimeout);
            using var request = new HttpRequestMessage(method, new Uri(endpoints.Services[service].Admin, path)) { Content = content };
            using var reply = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (!reply.IsSuccessStatusCode)
            {
                throw new LabControlException(
                    $"{service} refuses {method} {path}: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync(patience.Token)}");
            }

            try
            {
                return await read(reply.Content, patience.Token);
            }
            catch (Exception exception) when (exception is JsonException or IOException)
            {
                throw new LabControlException($"the answer of {service} to {method} {path} cannot be read: {exception.Message}", exception);
            }
        },
        cancellationToken);

    /// <summary>Puts a deployment's toxics on all links of their class, where they are not.</summary>
    /// <exception cref="LabControlException">The fault proxy refuses or does not answer.</exception>
    public async Task DeployAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var proxies = topology.Links.Count == 0 ? null : await _faultProxy.GetProxiesAsync(cancellationToken);
            if (topology.Links.All(link => proxies!.TryGetValue(link.Name, out var proxy) && IsAsWanted(proxy, deployments[name].ToxicsOf(link.Class))))
            {
                return;
            }

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
    }

    /// <summary>A class of links is used only where the deployment does something to it: elsewhere the way is direct.</summary>
    public bool UsesLinks(string deployment, string linkClass) => deployments[deployment].ToxicsOf(linkClass).Count > 0;

    public void Dispose()
    {
        _http.Dispose();
        _faultProxy.Dispose();
    }

    private static bool IsAsWanted(Proxy proxy, IReadOnlyList<LinkToxic> toxics) =>
        proxy.Enabled && proxy.Toxics.Count == toxics.Count && toxics.All(toxic => proxy.Toxics.Any(Specify(toxic).IsActedOutBy));

    private static async Task<T> AskAsync<T>(string service, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (IsSilence(exception, cancellationToken))
        {
            throw new LabControlException($"the admin endpoint of {service} does not answer: {exception.Message}", exception);
        }
    }

    /// <summary>No answer, or none in time: a cancellation that nobody asked for is a timeout.</summary>
    private static bool IsSilence(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>Waits for a database that is on its way back.</summary>
    /// <exception cref="LabControlException">It does not come back in time.</exception>
    public Task WaitForDatabaseAsync(string name, CancellationToken cancellationToken) => UntilAsync(
        () => Task.Run(
            () =>
            {
                try
                {
                    using var connection = MySqlDriver.Open(endpoints.Databases[name]);
                    return true;
                }
                catch (DbException)
                {
                    return false;
                }
            },
            cancellationToken),
        $"database {name} does not answer, and has not done so for {RestartTimeout.TotalSeconds:0} s",
        cancellationToken);

    /// <summary>Waits for a service that has crashed and is on its way back: the lab starts it again.</summary>
    /// <exception cref="LabControlException">It does not come back in time.</exception>
    public Task WaitUntilHealthyAsync(string service, CancellationToken cancellationToken) => UntilAsync(
        () => IsHealthyAsync(endpoints.Services[service].Admin, cancellationToken),
        $"{service} is not healthy, and has not become so within {RestartTimeout.TotalSeconds:0} s",
        cancellationToken);

    private static async Task UntilAsync(Func<Task<bool>> isSo, string otherwise, CancellationToken cancellationToken)
    {
        for (var begun = Stopwatch.GetTimestamp(); !await isSo();)
        {
            if (Stopwatch.GetElapsedTime(begun) > RestartTimeout)
            {
                throw new LabControlException(otherwise);
            }

            await Task.Delay(PollPause, cancellationToken);
        }
    }

    private async Task<bool> IsHealthyAsync(Uri admin, CancellationToken cancellationToken)
    {
        try
        {
            using var reply = await _http.GetAsync(new Uri(admin, "/health"), cancellationToken);
            return reply.IsSuccessStatusCode;
        }
        catch (Exception exception) when (IsSilence(exception, cancellationToken))
        {
            return false;
        }
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
