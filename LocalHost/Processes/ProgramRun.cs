using System.ComponentModel;
using System.Diagnostics;

namespace Lab.LocalHost.Processes;

/// <summary>What a program that was run to its end said.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs a program to its end, in some time.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">No secrets: everybody can read them.</param>
    /// <param name="patience">After this it is killed, with what it has started.</param>
    /// <param name="cancellationToken">Likewise.</param>
    /// <exception cref="LabStartException">It cannot be started, or did not end in time.</exception>
    public static async Task<ProgramRun> OfAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return new ProgramRun(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new LabStartException($"{Path.GetFileName(program)} {(arguments.Count > 0 ? arguments[0] : "")} did not end within {patience.TotalSeconds:0} s");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new LabStartException($"{start.FileName} did not start");
        }
        catch (Win32Exception exception)
        {
            throw new LabStartException($"{start.FileName} cannot be started: {exception.Message}", exception);
        }
    }
}
