using System.ComponentModel;
using System.Diagnostics;
using Lab.LocalHost.Processes;

namespace Lab.AppHost.Aspire;

/// <summary>Docker or Podman, as Aspire would use it.</summary>
internal static class ContainerRuntime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>An image that the lab needs: when it can be had, the others can.</summary>
    private const string Image = "mysql";

    private static string[] Names => Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") is { Length: > 0 } chosen ? [chosen] : ["docker", "podman"];

    /// <summary>The program to ask for containers, whether it works or not.</summary>
    public static string Any() => Names.FirstOrDefault(name => Programs.Find(name) is not null) ?? Names[0];

    /// <summary>One that answers, and has the images or a registry that has them; null when there is none.</summary>
    public static async Task<string?> FindAsync(CancellationToken cancellationToken)
    {
        foreach (var name in Names)
        {
            if (await AnswerAsync(name, ["image", "ls", "--quiet", Image], cancellationToken) is { Length: > 0 }
                || await AnswerAsync(name, ["manifest", "inspect", Image], cancellationToken) is not null)
            {
                return name;
            }
        }

        return null;
    }

    /// <returns>What it prints; null when it fails.</returns>
    private static async Task<string?> AnswerAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (process is null)
            {
                return null;
            }

            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            await Task.WhenAll(output, process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode == 0 ? await output : null;
        }
        catch (Exception exception) when (exception is Win32Exception
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Not installed, or it waits for something that does not answer.
            process?.Kill();
            return null;
        }
        finally
        {
            process?.Dispose();
        }
    }
}
