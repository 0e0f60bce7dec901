using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.MedalTally.Api;

/// <summary>The web server of the API, and what a client may cost it. The admin endpoint has a port of its own.</summary>
internal sealed class ApiListener
{
    private const int MostConnections = 10_000;
    private const int Backlog = 4096;

    /// <summary>No request of the API has a body; those of the admin endpoint are small.</summary>
    private const int MostBodyBytes = 64 * 1024;

    private int _connections;

    /// <summary>Clients that are connected now.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public static void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ApiListener>();
        builder.WebHost
            .UseSockets(sockets =>
            {
                sockets.Backlog = Backlog;
                // Nothing that serves a request blocks: it is done where its bytes were heard.
                sockets.UnsafePreferInlineScheduling = true;
            })
            .ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxConcurrentConnections = MostConnections;
                kestrel.Limits.MaxRequestBodySize = MostBodyBytes;
                kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
                kestrel.Limits.MaxRequestHeaderCount = 50;
                kestrel.Limits.MaxRequestLineSize = 2 * 1024;
                kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
                var options = kestrel.ApplicationServices.GetRequiredService<IOptions<MedalTallyOptions>>().Value;
                var listener = kestrel.ApplicationServices.GetRequiredService<ApiListener>();
                kestrel.Listen(IPEndPoint.Parse(options.Listen), listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection => listener.CountAsync(next, connection));
                });
            });
    }

    /// <summary>At the API's port there is no admin endpoint, and at that of the admin endpoint no API.</summary>
    public static void SeparatePorts(WebApplication app) => app.Use((context, next) =>
    {
        if (context.Features.Get<ApiConnection>() is null == IsAdmin(context.Request.Path))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    /// <summary>Routes do not tell capital letters from small ones.</summary>
    public static bool IsAdmin(PathString path) =>
        path.StartsWithSegments("/admin", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase);

    private async Task CountAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        connection.Features.Set(ApiConnection.Mark);
        Interlocked.Increment(ref _connections);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    /// <summary>Marks what came in at the API's port.</summary>
    private sealed class ApiConnection
    {
        public static ApiConnection Mark { get; } = new();
    }
}
