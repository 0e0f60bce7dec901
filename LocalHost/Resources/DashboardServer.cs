using Lab.LocalHost.Processes;
using Lab.Topology;

namespace Lab.LocalHost.Resources;

/// <summary>
/// Aspire's dashboard, which receives what the services tell over OTLP. A convenience: where it cannot be had, the lab says
/// so and goes on without it.
/// </summary>
/// <param name="nextAddress">Addresses of this machine that the services reach, ADDRESS:PORT.</param>
/// <param name="options">Of the lab.</param>
/// <param name="records">Of what runs.</param>
/// <param name="report">Told what happens.</param>
internal sealed class DashboardServer(Func<string> nextAddress, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report) : IResource
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private ManagedProcess? _process;

    public ManagedProcess? Process => _process is { Exited.IsCompleted: false } running ? running : null;

    public Containers.Container? Container => null;

    public string Name => "dashboard";

    public IReadOnlyList<string> WaitFor => [];

    /// <summary>On this machine only: whoever reaches it sees everything.</summary>
    public DashboardEndpoints Endpoints { get; } = new(NextUrl(nextAddress), NextUrl(nextAddress));

    /// <summary>Not used, but it would take a port that others want.</summary>
    private Uri OtlpHttp { get; } = NextUrl(nextAddress);

    /// <summary>It is there and shows what it receives.</summary>
    public bool IsRunning => Process is not null;

    /// <summary>What services need to know to send their telemetry.</summary>
    public IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        KeyValuePair.Create("OTEL_EXPORTER_OTLP_ENDPOINT", Endpoints.Otlp.ToString()),
        KeyValuePair.Create("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];

    public async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _process = await ManagedProcess.StartAsync(Spec(DashboardProgram.Find()), options.LogFolder, records, container: null, cancellationToken);
            await Readiness.WaitAsync(_process, token => Readiness.AnswersAsync(_http, Endpoints.Url, token), options.StartTimeout, cancellationToken);
            return Endpoints.Url.ToString();
        }
        catch (LabStartException exception)
        {
            await StopAsync();
            report(new ResourceEvent(Name, ResourceState.Stopped, exception.Message));
            return "not available";
        }
    }

    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
    }

    private static Uri NextUrl(Func<string> nextAddress) => new($"http://{nextAddress()}");

    /// <summary>Its home is a folder of the lab, where it leaves what it writes.</summary>
    private ProcessSpec Spec(string program)
    {
        var home = Path.Combine(Path.GetFullPath(options.StateFolder), Name);
        Directory.CreateDirectory(home);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = Endpoints.Url.ToString(),
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = Endpoints.Otlp.ToString(),
            ["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = OtlpHttp.ToString(),
            // It listens on this machine only, and has nothing that its user does not have, too.
            ["ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS"] = "true",
            ["DASHBOARD__DEBUGSESSION__TELEMETRYOPTOUT"] = "true",
            ["HOME"] = home,
            ["TMPDIR"] = home,
        };
        // What the lab's user has set for services is not meant for the dashboard.
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("OTEL_", StringComparison.Ordinal)))
        {
            settings[name] = "";
        }

        return new ProcessSpec(Name, program, [], settings, home);
    }
}
