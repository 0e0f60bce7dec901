using Lab.Processes;

namespace Lab.LocalHost.Resources;

/// <summary>Something that the lab starts and stops.</summary>
internal interface IResource : IAsyncDisposable
{
    string Name { get; }

    /// <summary>Names of resources that must be healthy first.</summary>
    IReadOnlyList<string> WaitFor { get; }

    /// <summary>What runs now; another one after a restart, null in between and before the start.</summary>
    Processes.ManagedProcess? Process { get; }

    /// <summary>Null for one that runs as a process.</summary>
    Containers.Container? Container { get; }

    /// <summary>Returns when it is healthy.</summary>
    /// <returns>Where it can be reached, for people.</returns>
    /// <exception cref="LabStartException">It cannot be started.</exception>
    Task<string> StartAsync(CancellationToken cancellationToken);

    /// <summary>It may be started again afterwards. Safe at any time, also before the start.</summary>
    Task StopAsync();

    /// <summary>Stops it for good.</summary>
    async ValueTask IAsyncDisposable.DisposeAsync() => await StopAsync();
}

/// <summary>Waits until something answers.</summary>
internal static class Readiness
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Whether a URL answers with success. Whoever cancels meanwhile is told so, and not that it does not.</summary>
    public static async Task<bool> AnswersAsync(HttpClient http, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var reply = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return reply.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Not there yet, or too slow: a cancellation that nobody asked for is a timeout.
            return false;
        }
    }

    /// <summary>Asks again and again until the probe succeeds.</summary>
    /// <exception cref="LabStartException">The process ended, or the time is up.</exception>
    public static async Task WaitAsync(
        Processes.ManagedProcess process, Func<CancellationToken, Task<bool>> probe, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (!await probe(cancellationToken))
        {
            if (process.Exited.IsCompleted)
            {
                throw await Processes.ManagedProcess.EndedTooSoonAsync(
                    process.Identity.Name, await process.Exited, process.LogFile, cancellationToken);
            }

            if (Environment.TickCount64 > deadline)
            {
                throw new LabStartException(
                    $"{process.Identity.Name} was not ready within {timeout.TotalSeconds:0} s. {LogFiles.LastLines(process.LogFile)}");
            }

            await Task.Delay(Interval, cancellationToken);
        }
    }
}
