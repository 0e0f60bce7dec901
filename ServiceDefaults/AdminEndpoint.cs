using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lab.ServiceDefaults;

/// <summary>
/// Steers a running service: <c>GET|PUT /admin/factors</c>, <c>GET /admin/process</c>, <c>POST /admin/traces</c> (where the
/// time of requests went), <c>POST /admin/crash</c>, <c>POST /admin/restart</c> (it ends in order, and whoever supervises it
/// starts it again). Wants the run's token as <c>Authorization: Bearer TOKEN</c>.
/// </summary>
internal static class AdminEndpoint
{
    public static void Map(IEndpointRouteBuilder routes, IEnumerable<IAdminCalls> parts, Action<IEndpointRouteBuilder>? mapMore)
    {
        var admin = routes.MapGroup("/admin").AddEndpointFilter(RequireTokenAsync);
        admin.MapGet("/factors", (IEnumerable<IRuntimeFactor> factors) => Describe(factors));
        admin.MapPut("/factors", SetFactorsAsync);
        admin.MapGet("/process", RunningProcess.This);
        admin.MapPost("/crash", Crash);
        admin.MapPost("/restart", (IHostApplicationLifetime service) => service.StopApplication());
        foreach (var part in parts)
        {
            part.Map(admin);
        }

        mapMore?.Invoke(admin);
    }

    private static ValueTask<object?> RequireTokenAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var options = context.HttpContext.RequestServices.GetRequiredService<ServiceOptions>();
        var given = context.HttpContext.Request.Headers.Authorization.ToString();
        var wanted = $"Bearer {options.AdminToken}";
        var authorised = !string.IsNullOrEmpty(options.AdminToken) && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(wanted));
        return authorised ? next(context) : ValueTask.FromResult<object?>(Results.Unauthorized());
    }

    private static Dictionary<string, FactorState> Describe(IEnumerable<IRuntimeFactor> factors) =>
        factors.ToDictionary(factor => factor.Name, factor => new FactorState(factor.Current, factor.Values), StringComparer.Ordinal);

    /// <summary>All named factors are checked before the first is changed.</summary>
    private static async Task<IResult> SetFactorsAsync(
        Dictionary<string, string> wanted, IEnumerable<IRuntimeFactor> factors, CancellationToken cancellationToken)
    {
        var known = factors.ToDictionary(factor => factor.Name, StringComparer.Ordinal);
        foreach (var (name, value) in wanted)
        {
            if (!known.TryGetValue(name, out var factor))
            {
                return Results.BadRequest(new AdminError($"unknown factor '{name}'; known: {string.Join(", ", known.Keys)}"));
            }

            if (!factor.Values.Contains(value, StringComparer.Ordinal))
            {
                return Results.BadRequest(
                    new AdminError($"factor '{name}' cannot be '{value}'; it can be: {string.Join(", ", factor.Values)}"));
            }
        }

        foreach (var (name, value) in wanted)
        {
            if (known[name].Current != value)
            {
                await known[name].SetAsync(value, cancellationToken);
            }
        }

        return Results.Ok(Describe(known.Values));
    }

    /// <summary>Dies as a power cut would let it die: no handler runs, no reply is sent.</summary>
    private static void Crash()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}

/// <summary>A factor as <c>GET /admin/factors</c> tells of it.</summary>
/// <param name="Current">The value the service works with.</param>
/// <param name="Values">What it can be set to.</param>
public sealed record FactorState(string Current, IReadOnlyList<string> Values);

/// <summary>Why an admin call was refused.</summary>
public sealed record AdminError(string Error);
