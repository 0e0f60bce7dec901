using System.ComponentModel;
using System.Diagnostics;

namespace Lab.AppHost.Aspire;

/// <summary>Docker or Podman, as Aspire would use it.</summary>
internal static class ContainerRuntime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>An image that the lab needs: when it can be had, the others can.</summary>
    private const string Image = "mysql";

    /// <summary>Whether it answers, and the images are here or a registry has them.</summary>
    public static async Task<bool> IsUsableAsync(CancellationToken cancellationToken)
    {
        string[] names = Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") is { Length: > 0 } chosen ? [chosen] : ["docker", "podman"];
        foreach (var name in names)
        {
            if (await SucceedsAsync(name, ["image", "inspect", Image], cancellationToken)
                || await SucceedsAsync(name, ["manifest", "inspect", Image], cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    private static async Task<bool> SucceedsAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
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
                return false;
            }

            await Task.WhenAll(process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode == 0;
        }
        catch (Exception exception) when (exception is Win32Exception
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Not installed, or it waits for something that does not answer.
            process?.Kill();
            return false;
        }
        finally
        {
            process?.Dispose();
        }
    }
}
