using System.Globalization;
using Lab.Topology;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lab.AppHost.Aspire;

/// <summary>Starts services again that ended by themselves, as LocalHost does; Aspire alone would leave them.</summary>
internal sealed class Supervision(ResourceNotificationService notifications, ResourceCommandService commands, ResourceLoggerService loggers)
    : BackgroundService
{
    /// <summary>After crashes; a restart that was asked for is none.</summary>
    private const int MaxRestarts = 50;
    private static readonly TimeSpan RestartPause = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _crashes = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in notifications.WatchAsync(stoppingToken))
        {
            if (change.Snapshot.State?.Text is not { } state || !change.Resource.HasAnnotationOfType<SupervisedAnnotation>())
            {
                continue;
            }

            var before = _states.GetValueOrDefault(change.Resource.Name);
            _states[change.Resource.Name] = state;
            // One that somebody stops in the dashboard is stopping before it has ended, and stays down.
            if (state == KnownResourceStates.Finished && before == KnownResourceStates.Running && IsWorthIt(change))
            {
                // Not waited for: others may end meanwhile.
                _ = StartAgainAsync(change, stoppingToken);
            }
        }
    }

    private bool IsWorthIt(ResourceEvent ended) =>
        ended.Snapshot.ExitCode == 0 || (_crashes[ended.Resource.Name] = _crashes.GetValueOrDefault(ended.Resource.Name) + 1) <= MaxRestarts;

    private async Task StartAgainAsync(ResourceEvent ended, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(RestartPause, cancellationToken);
            loggers.GetLogger(ended.Resource).LogInformation(
                "It ended with exit code {ExitCode} and is started again.", ended.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown");
            await commands.ExecuteCommandAsync(ended.Resource, KnownResourceCommands.StartCommand, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The lab stops.
        }
    }
}

/// <summary>Marks a resource that is started again when it ends by itself.</summary>
internal sealed class SupervisedAnnotation : IResourceAnnotation;

/// <summary>Supervision, by the topology's word.</summary>
internal static class SupervisionBuilderExtensions
{
    public static IResourceBuilder<ExecutableResource> WithSupervision(this IResourceBuilder<ExecutableResource> builder, ServiceSpec spec)
    {
        if (spec.RestartAfterCrash)
        {
            builder.WithAnnotation(new SupervisedAnnotation());
            builder.ApplicationBuilder.Services.AddHostedService<Supervision>();
        }

        return builder;
    }
}
