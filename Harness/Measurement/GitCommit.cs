using System.ComponentModel;
using System.Diagnostics;

namespace Lab.Harness.Measurement;

/// <summary>Which source a run was built from.</summary>
public static class GitCommit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The commit of a folder's work tree, with <c>(modified)</c> when files differ from it or are not part of it;
    /// <c>unknown</c> with a reason when there is no git, no repository or no answer within 5 s.
    /// </summary>
    /// <param name="folder">A folder of the work tree.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="git">The program to ask.</param>
    public static async Task<string> ReadAsync(string folder, CancellationToken cancellationToken, string git = "git")
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            var commit = await RunAsync(git, folder, ["rev-parse", "HEAD"], deadline.Token);
            var changes = commit is null
                ? null
                : await RunAsync(git, folder, ["status", "--porcelain"], deadline.Token);
            return Describe(commit, changes);
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            return "unknown (git cannot be run)";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "unknown (git did not answer)";
        }
    }

    /// <summary>The words for what git says; null is a refusal.</summary>
    public static string Describe(string? commit, string? changes) => (commit, changes) switch
    {
        (null, _) => "unknown (not a git work tree)",
        (_, null) => $"{commit} (changes unknown)",
        (_, "") => commit,
        _ => $"{commit} (modified)",
    };

    /// <summary>What git prints, or null when it refuses.</summary>
    private static async Task<string?> RunAsync(
        string git, string folder, string[] arguments, CancellationToken cancellationToken)
    {
        // --no-optional-locks: looking must not disturb a git that someone else runs.
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(git, ["--no-optional-locks", "-C", folder, .. arguments])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.Start();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var complaints = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            await complaints;
            return process.ExitCode == 0 ? (await output).Trim() : null;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
