using System.Collections;
using System.Net.Sockets;
using System.Text;
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

    /// <param name="endpoints">Where it is.</param>
    /// <param name="unasked">Ids of its processes that have no admin endpoint.</param>
    public AttachedLab(LabEndpoints endpoints, IReadOnlyDictionary<string, int> unasked)
    {
        Endpoints = endpoints;
        _unasked = unasked;
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

        lab.Check(topology);
        await lab.CheckHealthAsync(topology, cancellationToken);
        return lab;
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
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

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
        using var http = new HttpClient { Timeout = Patience };
        foreach (var name in topology.Services.Select(service => service.Name))
        {
            var health = new Uri(Endpoints.Services[name].Admin, "/health");
            try
            {
                using var reply = await http.GetAsync(health, cancellationToken);
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
            var reply = Exchange(service.Admin, FormattableString.Invariant(
                $"GET /admin/process HTTP/1.0\r\nHost: {service.Admin.Authority}\r\nAuthorization: Bearer {Endpoints.AdminToken}\r\n\r\n"));
            var body = reply.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            return body > 0 && reply.Split(' ', 3) is [_, "200", _]
                ? JsonSerializer.Deserialize<RunningProcess>(reply.AsSpan(body), JsonSerializerOptions.Web)
                : null;
        }
        catch (Exception exception) when (exception is SocketException or IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Blocking, on a socket of its own. The caller may stand on the thread that completes asynchronous sockets
    /// (<see cref="RuntimeTuning.CompleteSocketsInline"/>): it would wait for itself, as HttpClient does.
    /// </summary>
    private static string Exchange(Uri admin, string request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            SendTimeout = (int)Patience.TotalMilliseconds,
            ReceiveTimeout = (int)Patience.TotalMilliseconds,
        };
        socket.Connect(admin.Host, admin.Port);
        socket.Send(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(new NetworkStream(socket));
        return reader.ReadToEnd();
    }
}
