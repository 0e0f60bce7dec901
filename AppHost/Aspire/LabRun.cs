using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lab.AppHost.Aspire;

/// <summary>The app host's life: until somebody stops it, or until the run that it was asked for has ended.</summary>
internal static class LabRun
{
    /// <summary>The exit code when not everything became healthy.</summary>
    public const int CannotStart = 3;

    private const int Interrupted = 130;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);

    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunLabAsync(this DistributedApplication application, LabArguments given)
    {
        if (!given.Exit)
        {
            await application.RunAsync();
            return 0;
        }

        var stopping = application.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            await application.StartAsync(stopping);
            return await WaitForHarnessAsync(application, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return Interrupted;
        }
        finally
        {
            await application.StopAsync(CancellationToken.None);
        }
    }

    private static async Task<int> WaitForHarnessAsync(DistributedApplication application, CancellationToken stopping)
    {
        using var shown = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var showing = ShowOutputAsync(application.Services, shown.Token);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(StartPatience);
        try
        {
            await application.ResourceNotifications.WaitForResourceAsync(
                HarnessBuilderExtensions.Name,
                harness => harness.Snapshot.State?.Text is { } state && (state == KnownResourceStates.Running || KnownResourceStates.TerminalStates.Contains(state)),
                patience.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"Not everything was healthy within {StartPatience.TotalMinutes:0} minutes: {Unhealthy(application)}");
            return CannotStart;
        }

        var ended = await application.ResourceNotifications.WaitForResourceAsync(
            HarnessBuilderExtensions.Name,
            harness => harness.Snapshot.State?.Text is { } state && KnownResourceStates.TerminalStates.Contains(state),
            stopping);
        await shown.CancelAsync();
        await showing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return ended.Snapshot.ExitCode ?? CannotStart;
    }

    private static async Task ShowOutputAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var harness = services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == HarnessBuilderExtensions.Name);
        await foreach (var lines in services.GetRequiredService<ResourceLoggerService>().WatchAsync(harness).WithCancellation(cancellationToken))
        {
            foreach (var line in lines)
            {
                Console.WriteLine(WithoutTime(line.Content));
            }
        }
    }

    /// <summary>Aspire puts the time before every line.</summary>
    private static string WithoutTime(string line) => line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var end
        && DateTimeOffset.TryParse(line.AsSpan(0, end), CultureInfo.InvariantCulture, out _) ? line[(end + 1)..] : line;

    private static string Unhealthy(DistributedApplication application) => string.Join(
        ", ",
        application.Services.GetRequiredService<DistributedApplicationModel>().Resources
            .Where(resource => application.ResourceNotifications.TryGetCurrentState(resource.Name, out var state)
                && state.Snapshot.State?.Text != KnownResourceStates.Running)
            .Select(resource => resource.Name));
}
