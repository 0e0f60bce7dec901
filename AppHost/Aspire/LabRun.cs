using System.Globalization;
using Lab.LocalHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lab.AppHost.Aspire;

/// <summary>The app host's life: until somebody stops it, or until the run that it was asked for has ended.</summary>
internal static class LabRun
{
    /// <summary>The exit code when not everything became healthy.</summary>
    public const int CannotStart = 3;

    private const int Interrupted = 130;
    private const string DashboardResource = "aspire-dashboard";
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);

    /// <param name="application">The lab.</param>
    /// <param name="given">What was asked for.</param>
    /// <param name="names">Resources that have to become healthy.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunLabAsync(this DistributedApplication application, LabArguments given, IReadOnlyCollection<string> names)
    {
        var stopping = application.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var isPublished = application.Services.GetRequiredService<DistributedApplicationExecutionContext>().IsPublishMode;
        try
        {
            var showing = isPublished || given.Exit
                ? Task.CompletedTask
                : Task.WhenAll(ShowDashboardAsync(application, stopping), ShowHealthAsync(application, names, stopping));
            await application.StartAsync(stopping);
            if (given.Exit)
            {
                return await WaitForHarnessAsync(application, stopping);
            }

            await showing;
            await application.WaitForShutdownAsync(CancellationToken.None);
            return 0;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return given.Exit ? Interrupted : 0;
        }
        catch (DistributedApplicationException exception)
        {
            throw new LabStartException(exception.Message, exception);
        }
        finally
        {
            await application.StopAsync(CancellationToken.None);
        }
    }

    private static async Task ShowDashboardAsync(DistributedApplication application, CancellationToken stopping)
    {
        Console.WriteLine("The lab is starting. Ctrl-C ends all of it.");
        try
        {
            await application.ResourceNotifications.WaitForResourceHealthyAsync(DashboardResource, stopping);
        }
        catch (DistributedApplicationException)
        {
            // There is none in tests.
            return;
        }

        var configuration = application.Services.GetRequiredService<IConfiguration>();
        var url = configuration["ASPNETCORE_URLS"]?.Split(';')[0];
        var login = configuration["AppHost:BrowserToken"] is { Length: > 0 } token ? $"/login?t={token}" : "";
        Console.WriteLine($"Dashboard: {url}{login}");
    }

    /// <summary>Says when everything is healthy, or what cannot be.</summary>
    private static async Task ShowHealthAsync(DistributedApplication application, IReadOnlyCollection<string> names, CancellationToken stopping)
    {
        var problems = await Task.WhenAll(names.Select(async name =>
        {
            try
            {
                await application.ResourceNotifications.WaitForResourceHealthyAsync(name, WaitBehavior.StopOnResourceUnavailable, stopping);
                return null;
            }
            catch (DistributedApplicationException)
            {
                return name;
            }
        }));
        var failed = problems.OfType<string>().ToList();
        Console.WriteLine(failed.Count == 0
            ? FormattableString.Invariant($"Everything is healthy: {names.Count} resources.")
            : $"Not everything started: {string.Join(", ", failed)}. Their logs stand in the dashboard.");
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
