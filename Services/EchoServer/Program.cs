using System.Net.Sockets;
using Lab.EchoServer;
using Lab.ServiceDefaults;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// Answers everything with itself: what a TCP round trip costs when the server does nothing else.
RuntimeTuning.CompleteSocketsInline();
if (args is ["engines"])
{
    // Which connection engines do not run here, and why: asked where services run, which may be another place than the lab's.
    foreach (var (engine, whyNot) in ConnectionEngines.NotOffered)
    {
        Console.WriteLine($"{engine}\t{whyNot}");
    }

    return 0;
}

try
{
    var builder = ServiceDefaultsExtensions.CreateLabService(args);
    var settings = EchoSettings.Read(builder.Configuration);
    builder.Services.AddSingleton(settings);
    if (settings.Framed is { } framed)
    {
        builder.Services.AddSingleton(services => new FrameServer(
            framed,
            new EchoHandler(Framing.LengthPrefixed, log: null),
            new ConnectionLimits(),
            services.GetRequiredService<ILogger<FrameServer>>(),
            services.GetRequiredService<ServiceFailure>().Report));
        builder.Services.AddSingleton<IRuntimeFactor, EchoEngine>();
    }

    if (settings.Raw.Count > 0)
    {
        builder.Services.AddSingleton(services => new ConnectionLog(
            services.GetRequiredService<ServiceOptions>(), services.GetRequiredService<ILogger<ConnectionLog>>()));
        builder.Services.AddHostedService<RawPorts>();
        KestrelEcho.Listen(builder.WebHost, settings);
    }

    await using var app = builder.Build();
    app.MapLabDefaults(admin =>
    {
        if (settings.Raw.Count > 0)
        {
            ConnectionLogEndpoint.Map(admin);
        }
    });
    if (settings.Framed is not null)
    {
        await app.Services.GetRequiredService<FrameServer>().SwitchEngineAsync("async", CancellationToken.None);
    }

    await app.StartAsync();
    return await app.WaitForEndAsync();
}
catch (Exception failure) when (failure is InvalidOperationException or IOException or UnauthorizedAccessException or SocketException)
{
    // A setting that cannot work, an address in use, a folder that cannot be written: the message says it all.
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}
