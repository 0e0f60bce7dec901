using Lab.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lab.Tests.Unit.ServiceDefaults;

/// <summary>How a service ends.</summary>
public class ServiceFailureTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_service_that_is_asked_to_stop_ends_with_zero()
    {
        var app = await StartAsync(new CapturedLog());
        app.Lifetime.StopApplication();
        Assert.Equal(0, await app.WaitForEndAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task A_service_of_which_a_part_breaks_says_why_and_ends_with_another_code()
    {
        var log = new CapturedLog();
        var app = await StartAsync(log);
        var (failure, stopped) = (app.Services.GetRequiredService<ServiceFailure>(), app.Lifetime.ApplicationStopped);
        failure.Report(new IOException("the disk is gone"));
        failure.Report(new IOException("and so is everything else"));
        Assert.Equal(ServiceFailure.ExitCode, await app.WaitForEndAsync().WaitAsync(Patience));
        Assert.True(stopped.IsCancellationRequested);
        Assert.Single(log.Messages, message => message.Contains("the service ends: the disk is gone", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Messages, message => message.Contains("everything else", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_part_that_does_not_even_stop_does_not_keep_the_broken_service_up()
    {
        var stuck = new StuckService();
        var app = await StartAsync(new CapturedLog(), services => services.AddSingleton<IHostedService>(stuck));
        app.Services.GetRequiredService<ServiceFailure>().Report(new IOException("the disk is gone"));
        Assert.Equal(ServiceFailure.ExitCode, await app.WaitForEndAsync().WaitAsync(Patience));
        stuck.Stopping.SetResult();
    }

    private static async Task<WebApplication> StartAsync(CapturedLog log, Action<IServiceCollection>? configure = null)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService([]);
        builder.Logging.ClearProviders().AddProvider(log);
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private sealed class StuckService : IHostedService
    {
        public TaskCompletionSource Stopping { get; } = new();

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Stopping.Task;
    }
}
