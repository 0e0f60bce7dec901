using Lab.LocalHost;
using Lab.LocalHost.Processes;
using Lab.Processes;

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
        try
        {
            var run = await ProgramRun.OfAsync(program, arguments, Patience, cancellationToken);
            return run.ExitCode == 0 ? run.Output : null;
        }
        catch (LabStartException)
        {
            // Not installed, or it waits for something that does not answer.
            return null;
        }
    }
}
