using System.Collections;
using System.Net.Http.Headers;
using System.Text.Json;
using Lab.LocalHost;
using Lab.ServiceDefaults;
using Lab.Topology;

namespace Lab.Harness.Running;

/// <summary>
/// A lab that somebody else started and will stop (<see cref="AttachVariables"/>). Its services say themselves which
/// processes they are: those of other machines and of containers have no ids here, and are not sampled.
/// </summary>
public sealed class AttachedLab : IRunningLab
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyDictionary<string, int> _unasked;
    private readonly string _place = RunningProcess.This().Place;
    private readonly HttpClient _http;

    /// <param name="endpoints">Where it is.</param>
    /// <param name="unasked">Ids of its processes that have no admin endpoint.</param>
    public AttachedLab(LabEndpoints endpoints, IReadOnlyDictionary<string, int> unasked)
    {
        Endpoints = endpoints;
        _unasked = unasked;
        _http = new HttpClient { Timeout = Patience };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", endpoints.AdminToken);
    }

    public LabEndpoints Endpoints { get; }

    /// <summary>Whoever started the lab knows.</summary>
    public string Isolation => "attached";

    /// <summary>Whoever started the lab has one, or has none.</summary>
    public DashboardEndpoints? Dashboard => null;

    /// <summary>The lab that this process's environment names, when all that a topology wants of it is there and healthy.</summary>
    /// <exception cref="LabStartException">The environment names none, or not enough, or a service is not healthy.</exception>
    public static async Task<AttachedLab> OpenAsync(LabTopology topology, CancellationToken cancellationToken)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);
        AttachedLab lab;
        try
        {
            lab = new AttachedLab(AttachVariables.Read(variables), AttachVariables.ReadProcessIds(variables));
        }
        catch (FormatException exception)
        {
            throw new LabStartException($"--attach finds no running lab in the environment: {exception.Message}", exception);
        }

        try
        {
            lab.Check(topology);
            await lab.CheckHealthAsync(topology, cancellationToken);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public IReadOnlyDictionary<string, int> ProcessIds()
    {
        var ids = new Dictionary<string, int>(_unasked, StringComparer.Ordinal);
        foreach (var (name, service) in Endpoints.Services)
        {
            if (Ask(service) is { } process && process.Place == _place)
            {
                ids[name] = process.Pid;
            }
        }

        return ids;
    }

    /// <summary>The lab goes on.</summary>
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Check(LabTopology topology)
    {
        var missing = topology.Services.Select(service => service.Name).Except(Endpoints.Services.Keys, StringComparer.Ordinal)
            .Concat(topology.Links.Select(link => link.Name).Except(Endpoints.Links.Keys, StringComparer.Ordinal))
            .Concat(topology.Databases.Select(database => database.Name).Except(Endpoints.Databases.Keys, StringComparer.Ordinal)).ToList();
        if (missing.Count > 0)
        {
            throw new LabStartException($"the lab that --attach finds in the environment lacks what these experiments need: {string.Join(", ", missing)}");
        }
    }

    private async Task CheckHealthAsync(LabTopology topology, CancellationToken cancellationToken)
    {
        foreach (var name in topology.Services.Select(service => service.Name))
        {
            var health = new Uri(Endpoints.Services[name].Admin, "/health");
            try
            {
                using var reply = await _http.GetAsync(health, cancellationToken);
                reply.EnsureSuccessStatusCode();
            }
            catch (Exception exception) when (exception is HttpRequestException
                || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
            {
                throw new LabStartException($"{name} of the attached lab is not healthy ({health}): {exception.Message}", exception);
            }
        }
    }

    /// <summary>Null while it does not answer: it may be on its way from one process to the next.</summary>
    private RunningProcess? Ask(ServiceEndpoints service)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Admin, "/admin/process"));
            using var reply = _http.Send(request);
            return reply.IsSuccessStatusCode ? JsonSerializer.Deserialize<RunningProcess>(reply.Content.ReadAsStream(), JsonSerializerOptions.Web) : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException or JsonException)
        {
            return null;
        }
    }
}
