using Microsoft.Extensions.Logging;

namespace Lab.ServiceDefaults;

/// <summary>
/// Where a part of a service says that it has broken for good. The service then ends with <see cref="ExitCode"/>, and whoever
/// supervises it starts it again: one that looks healthy and does not serve would be worse.
/// </summary>
public sealed class ServiceFailure(ILogger<ServiceFailure> logger)
{
    /// <summary>EX_SOFTWARE of sysexits.h.</summary>
    public const int ExitCode = 70;

    private readonly TaskCompletionSource _reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isReported;

    /// <summary>Completes with the first report.</summary>
    public Task Reported => _reported.Task;

    /// <summary>By any thread, which goes on at once. The first reason counts, the others follow from it.</summary>
    public void Report(Exception reason)
    {
        if (Interlocked.Exchange(ref _isReported, 1) == 0)
        {
            logger.LogCritical(reason, "the service ends: {Reason}", reason.Message);
            _reported.SetResult();
        }
    }
}
