using Lab.Telemetry.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lab.ServiceDefaults.Telemetry;

/// <summary><c>POST /admin/traces</c>: where the time of some requests went; see <see cref="RequestTracer.Explain"/>.</summary>
internal sealed class TraceCalls : IAdminCalls
{
    private const int MaxRequests = 1000;

    public void Map(IEndpointRouteBuilder admin) => admin.MapPost("/traces", Explain);

    private static IResult Explain(TracedRequest[] requests, RequestTracer tracer) => requests.Length > MaxRequests
        ? Results.BadRequest(new AdminError($"at most {MaxRequests} requests can be asked for at once"))
        : Results.Ok(tracer.Explain(requests));
}
