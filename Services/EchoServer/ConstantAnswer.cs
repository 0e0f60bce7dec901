using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.EchoServer;

/// <summary>HTTP without any service behind it: what the web server alone gives.</summary>
internal static class ConstantAnswer
{
    private static ReadOnlyMemory<byte> Answer { get; } = "{\"answer\":\"constant\"}"u8.ToArray();

    /// <summary>Adds the port to the web server that also answers the admin endpoint; its settings are those of the lab's HTTP services.</summary>
    public static void Listen(IWebHostBuilder host) => host
        .UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true)
        .ConfigureKestrel(kestrel => kestrel.Listen(
            IPEndPoint.Parse(kestrel.ApplicationServices.GetRequiredService<IOptions<EchoOptions>>().Value.Http!),
            listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(ConstantPort.Mark);
                    return next(connection);
                });
            }));

    /// <summary>Before everything else that requests could go through.</summary>
    public static void Use(WebApplication app) => app.Use((context, next) =>
    {
        if (context.Features.Get<ConstantPort>() is null)
        {
            return next(context);
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = Answer.Length;
        return context.Response.Body.WriteAsync(Answer, context.RequestAborted).AsTask();
    });

    /// <summary>Marks what came in at that port.</summary>
    private sealed class ConstantPort
    {
        public static ConstantPort Mark { get; } = new();
    }
}
