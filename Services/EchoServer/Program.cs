using Lab.EchoServer;
using Lab.ServiceDefaults;
using Lab.Transport;
using Lab.Transport.Engines;
using Lab.Transport.Frames;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

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

return await ServiceProgram.RunAsync(StartAsync);

async Task<WebApplication> StartAsync()
{
    var builder = ServiceDefaultsExtensions.CreateLabService(args);
    EchoOptions.AddTo(builder.Services);
    // Not checked yet: it only says which parts there are.
    var given = builder.Configuration.GetSection(EchoOptions.Section).Get<EchoOptions>() ?? new EchoOptions();
    var (hasRaw, hasFramed) = (given.Listen.Count > 0, given.Framed is not null || given.IsNothingElse);
    if (hasFramed)
    {
        builder.Services.AddSingleton(services => new FrameServer(
            services.GetRequiredService<IOptions<EchoOptions>>().Value.FramedPort()!,
            new EchoHandler(Framing.LengthPrefixed, log: null),
            new ConnectionLimits(),
            services.GetRequiredService<ILogger<FrameServer>>(),
            services.GetRequiredService<ServiceFailure>().Report));
        builder.Services.AddSingleton<IRuntimeFactor, EchoEngine>();
    }

    if (hasRaw)
    {
        builder.Services.AddSingleton(services => new ConnectionLog(
            services.GetRequiredService<ServiceOptions>(), services.GetRequiredService<ILogger<ConnectionLog>>()));
        builder.Services.AddHostedService<RawPorts>();
        KestrelEcho.Listen(builder.WebHost);
    }

    if (given.Http is not null)
    {
        ConstantAnswer.Listen(builder.WebHost);
    }

    var app = builder.BuildLab();
    if (given.Http is not null)
    {
        ConstantAnswer.Use(app);
    }

    app.MapLabDefaults(admin =>
    {
        if (hasRaw)
        {
            ConnectionLogEndpoint.Map(admin);
        }
    });
    if (hasFramed)
    {
        await app.Services.GetRequiredService<FrameServer>().SwitchEngineAsync("async", CancellationToken.None);
    }

    await app.StartAsync();
    return app;
}
