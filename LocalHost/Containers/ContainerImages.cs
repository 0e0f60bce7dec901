using System.Diagnostics;
using System.Text;
using Lab.LocalHost.Resources;

namespace Lab.LocalHost.Containers;

/// <summary>The images of a lab, made by <c>infra/containers/build</c>, which skips what is current.</summary>
internal static class ContainerImages
{
    private const string Script = "infra/containers/build";
    private const string Resource = "images";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    /// <param name="engine">Holds them.</param>
    /// <param name="names">Projects, databases, caches.</param>
    /// <param name="report">Gets the script's progress.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Each one's image.</returns>
    /// <exception cref="LabStartException">One cannot be made; the message says what to do.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> MakeAsync(
        ContainerEngine engine, IReadOnlyCollection<string> names, Action<ResourceEvent> report, CancellationToken cancellationToken)
    {
        var (programs, configuration) = ServicePrograms.Output();
        var script = Path.Combine(programs.Parent!.Parent!.FullName, Script);
        if (!File.Exists(script))
        {
            throw new LabStartException($"{script} is missing: containers are started from the lab's repository");
        }

        var start = new ProcessStartInfo(
            script, ["--engine", engine.Program, "--programs", programs.FullName, "--configuration", configuration, .. names])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new LabStartException($"{script} did not start");
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var last = await FollowAsync(process.StandardError, report, timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return process.ExitCode == 0
                ? Parse(await output)
                : throw new LabStartException($"the containers' images cannot be made: {last}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new LabStartException($"{Script} did not end within {Patience.TotalMinutes:0} minutes");
        }
    }

    /// <returns>The last lines, which say what went wrong when something did.</returns>
    private static async Task<string> FollowAsync(StreamReader progress, Action<ResourceEvent> report, CancellationToken cancellationToken)
    {
        const string Prefix = "images: ";
        const int MaxLastCharacters = 2000;
        var last = new StringBuilder();
        while (await progress.ReadLineAsync(cancellationToken) is { } line)
        {
            var isProgress = line.StartsWith(Prefix, StringComparison.Ordinal);
            var text = isProgress ? line[Prefix.Length..] : line;
            if (isProgress)
            {
                last.Clear();
                report(new ResourceEvent(Resource, ResourceState.Starting, text));
            }

            if (last.Length < MaxLastCharacters)
            {
                last.AppendLine(text);
            }
        }

        return last.ToString().Trim();
    }

    private static Dictionary<string, string> Parse(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .ToDictionary(fields => fields[0], fields => fields[1], StringComparer.Ordinal);
}
