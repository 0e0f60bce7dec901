using System.Net;
using Lab.EchoServer;
using Lab.ServiceDefaults;
using Lab.Transport;
using Lab.Transport.Engines;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// Answers every frame with itself: what a TCP round trip costs when the server does nothing else.
RuntimeTuning.CompleteSocketsInline();
var builder = ServiceDefaultsExtensions.CreateLabService(args);
var listen = IPEndPoint.Parse(builder.Configuration["Echo:Listen"] ?? "127.0.0.1:0");
builder.Services.AddSingleton(services => new FrameServer(
    listen, new EchoHandler(), new ConnectionLimits(), services.GetRequiredService<ILogger<FrameServer>>()));
builder.Services.AddSingleton<IRuntimeFactor, EchoEngine>();

var app = builder.Build();
app.MapLabDefaults();
await app.Services.GetRequiredService<FrameServer>().SwitchEngineAsync("async", CancellationToken.None);
await app.RunAsync();
