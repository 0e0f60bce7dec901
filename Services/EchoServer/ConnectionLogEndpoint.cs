using System.Globalization;
using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lab.EchoServer;

/// <summary>
/// <c>GET /admin/connections?from=BYTES</c>: the connection log from that offset to its end, at most
/// <see cref="MaxAnswerBytes"/> of it. The header <see cref="LengthHeader"/> says how long it is; <c>from=-1</c> asks for
/// that alone.
/// </summary>
internal static class ConnectionLogEndpoint
{
    public const string LengthHeader = "Log-Length";

    private const long MaxAnswerBytes = 16 * 1024 * 1024;
    private const long LengthOnly = -1;

    public static void Map(IEndpointRouteBuilder admin) => admin.MapGet("/connections", AnswerAsync);

    private static async Task<IResult> AnswerAsync(string? from, ConnectionLog log, HttpResponse response, CancellationToken cancellationToken)
    {
        if (!long.TryParse(from ?? "0", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var fromBytes) || fromBytes < LengthOnly)
        {
            return Results.BadRequest(new AdminError($"from is an offset in bytes, or {LengthOnly} for the length alone, not '{from}'"));
        }

        var lengthBytes = await log.FlushAsync(cancellationToken);
        response.Headers[LengthHeader] = lengthBytes.ToString(CultureInfo.InvariantCulture);
        if (fromBytes > lengthBytes)
        {
            return Results.BadRequest(new AdminError($"from={fromBytes} is beyond the end: the log has {lengthBytes} bytes"));
        }

        response.ContentType = "text/plain";
        response.ContentLength = fromBytes == LengthOnly ? 0 : Math.Min(lengthBytes - fromBytes, MaxAnswerBytes);
        if (response.ContentLength > 0)
        {
            await response.SendFileAsync(log.Path, fromBytes, response.ContentLength, cancellationToken);
        }

        return Results.Empty;
    }
}
