using System.Text.Json;
using Lab.LocalHost;
using Lab.Tests.Integration.Labs;
using Lab.Topology;

namespace Lab.Tests.Integration.Telemetry;

/// <summary>A lab whose services send their telemetry to a dashboard; tests are skipped where none can be had.</summary>
public class DashboardLab : TestLab
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new();

    public DashboardEndpoints Dashboard
    {
        get
        {
            Assert.SkipWhen(Lab.Dashboard is null, $"no dashboard: {Events.LastOrDefault(change => change.Resource == "dashboard")?.Detail}");
            return Lab.Dashboard;
        }
    }

    protected override LocalLabOptions Options(string stateFolder) => base.Options(stateFolder) with { WithDashboard = true };

    /// <summary>The spans of a trace, as soon as there are as many as expected.</summary>
    public async Task<IReadOnlyList<SpanSeen>> SpansAsync(Func<SpanSeen, bool> belongs, int count, CancellationToken cancellationToken)
    {
        for (var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds; ; await Task.Delay(Pause, cancellationToken))
        {
            var spans = Read(await _http.GetStringAsync(new Uri(Dashboard.Url, "/api/telemetry/traces"), cancellationToken)).Where(belongs).ToList();
            if (spans.Count >= count || Environment.TickCount64 > deadline)
            {
                return spans;
            }
        }
    }

    private static List<SpanSeen> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return
        [
            .. from resource in document.RootElement.GetProperty("data").GetProperty("resourceSpans").EnumerateArray()
               let service = resource.GetProperty("resource").GetProperty("attributes").EnumerateArray()
                   .First(attribute => attribute.GetProperty("key").GetString() == "service.name").GetProperty("value").GetProperty("stringValue").GetString()
               from scope in resource.GetProperty("scopeSpans").EnumerateArray()
               from span in scope.GetProperty("spans").EnumerateArray()
               select new SpanSeen(
                   service,
                   span.GetProperty("name").GetString()!,
                   span.GetProperty("traceId").GetString()!,
                   span.GetProperty("spanId").GetString()!,
                   span.TryGetProperty("parentSpanId", out var parent) ? parent.GetString() : null),
        ];
    }
}

/// <summary>One that nobody else sends anything to.</summary>
public sealed class FreshDashboardLab : DashboardLab;

/// <summary>A span as the dashboard has it.</summary>
public sealed record SpanSeen(string Service, string Name, string TraceId, string SpanId, string? Parent);

/// <summary>One dashboard for most tests that look at one. One after the other: they share two processors.</summary>
[CollectionDefinition(Name)]
public sealed class DashboardTestsCollection : ICollectionFixture<DashboardLab>
{
    public const string Name = "dashboard";
}
