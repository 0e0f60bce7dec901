using System.Net.Sockets;
using Lab.ServiceDefaults;
using Lab.TradingPost.Running;
using Lab.TradingPost.Supervision;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

RuntimeTuning.CompleteSocketsInline();
try
{
    switch (args)
    {
        case ["serve", ..]:
            await SuperviseAsync(args[1..]);
            return 0;
        case ["peer"]:
            return await PeerProgram.RunAsync();
        default:
            await Console.Error.WriteLineAsync("usage: Lab.TradingPost serve | peer");
            return 2;
    }
}
catch (Exception failure) when (failure is OptionsValidationException or InvalidOperationException or IOException or UnauthorizedAccessException or SocketException or PeerStartException)
{
    // A setting that cannot work, an address in use, a folder that cannot be written: the message says it all.
    await Console.Error.WriteLineAsync(failure.Message);
    return 1;
}

static async Task SuperviseAsync(string[] args)
{
    var builder = ServiceDefaultsExtensions.CreateLabService(args);
    SupervisorOptions.Add(builder.Services);
    builder.Services.AddSingleton<Supervisor>();
    builder.Services.AddHostedService(services => services.GetRequiredService<Supervisor>());
    var app = builder.Build();
    app.MapLabDefaults(AdminCalls.Map);
    // The host would do it, too, and print where in the program: what is wrong is a line.
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    await app.RunAsync();
}
