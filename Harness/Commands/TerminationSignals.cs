using System.Globalization;
using System.Runtime.InteropServices;

namespace Lab.Harness.Commands;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP (the terminal is gone) ask for an end in order, from the first moment on: whatever has been
/// started must be stopped.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    private readonly CancellationTokenSource _wanted = new();
    private readonly TaskCompletionSource _patienceIsOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations;
    private readonly TimeSpan _patience;

    /// <param name="patience">How long an end in order may take.</param>
    public TerminationSignals(TimeSpan patience)
    {
        _patience = patience;
        _registrations = [.. Signals().Select(signal => PosixSignalRegistration.Create(signal, Receive))];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _wanted.Token;

    /// <summary>Completes when a signal has been received, and the end in order takes too long.</summary>
    public Task PatienceIsOver => _patienceIsOver.Task;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _wanted.Dispose();
    }

    private static IEnumerable<PosixSignal> Signals()
    {
        yield return PosixSignal.SIGINT;
        yield return PosixSignal.SIGTERM;
        if (!IsHangUpIgnored())
        {
            yield return PosixSignal.SIGHUP;
        }
    }

    /// <summary>nohup wants it so: then the lab outlives its terminal.</summary>
    private static bool IsHangUpIgnored()
    {
        const string Ignored = "SigIgn:";
        const string Status = "/proc/self/status";
        return File.Exists(Status)
            && File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Ignored, StringComparison.Ordinal)) is { } line
            && (ulong.Parse(line.AsSpan(Ignored.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 1) == 1;
    }

    private void Receive(PosixSignalContext context)
    {
        // Not the runtime's own answer, which is to end at once.
        context.Cancel = true;
        if (!_wanted.IsCancellationRequested)
        {
            _ = GiveUpLaterAsync();
            _ = _wanted.CancelAsync();
        }
    }

    private async Task GiveUpLaterAsync()
    {
        await Task.Delay(_patience);
        _patienceIsOver.TrySetResult();
    }
}
