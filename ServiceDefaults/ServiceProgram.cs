using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Lab.ServiceDefaults;

/// <summary>How a service's process begins and ends.</summary>
public static class ServiceProgram
{
    private const int CannotStart = 1;

    /// <summary>Of the parts of a service, together; what takes longer is not waited for when one of them has broken.</summary>
    internal static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Runs a service to its end. What it cannot work with ends the start with one line that says so.</summary>
    /// <param name="start">Builds it and starts it.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(Func<Task<WebApplication>> start)
    {
        WebApplication? app = null;
        var code = await RunAsync(async () =>
        {
            app = await start();
            return 0;
        });
        return app is null ? code : await app.WaitForEndAsync();
    }

    /// <summary>Runs the process of a part of a service, from its start to its end. What it cannot work with ends it with one line that says so.</summary>
    /// <param name="run">All that it does.</param>
    /// <returns>The process's exit code: that of <paramref name="run"/>.</returns>
    public static async Task<int> RunAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception failure) when (failure is OptionsValidationException or AggregateException { InnerException: OptionsValidationException }
            or InvalidOperationException or IOException or UnauthorizedAccessException or SocketException)
        {
            // A setting that cannot work, an address in use, a folder that cannot be written: the message says it all.
            await Console.Error.WriteLineAsync(failure.Message);
            return CannotStart;
        }
    }

    /// <summary>
    /// Builds a service whose options are as they must be. The host looks at them, too, but later, when parts have been made of
    /// them, and with a stack trace in its log.
    /// </summary>
    /// <exception cref="OptionsValidationException">They are not.</exception>
    /// <exception cref="AggregateException">Those of several sections are not.</exception>
    public static WebApplication BuildLab(this WebApplicationBuilder builder)
    {
        var app = builder.Build();
        try
        {
            app.Services.GetRequiredService<IStartupValidator>().Validate();
            return app;
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }

    /// <summary>
    /// Lets a service that has been started run until it is asked to stop, or until a part of it breaks
    /// (<see cref="ServiceFailure"/>).
    /// </summary>
    /// <returns>The process's exit code.</returns>
    internal static async Task<int> WaitForEndAsync(this WebApplication app)
    {
        var failure = app.Services.GetRequiredService<ServiceFailure>();
        var stopped = StopAndDisposeAsync(app);
        if (await Task.WhenAny(stopped, failure.Reported) != stopped)
        {
            // What is broken may not even stop: it then ends with the process.
            app.Lifetime.StopApplication();
            await Task.WhenAny(stopped, Task.Delay(2 * ShutdownTimeout));
            return ServiceFailure.ExitCode;
        }

        await stopped;
        return 0;
    }

    private static async Task StopAndDisposeAsync(WebApplication app)
    {
        await app.WaitForShutdownAsync();
        await app.DisposeAsync();
    }
}
