using System.Globalization;
using Lab.Topology.Systems;
using Lab.Transport.Native;

namespace Lab.LocalHost.Containers;

/// <summary>What services may do in containers of this machine, as one of them has found out.</summary>
/// <param name="Engine">The container engine.</param>
/// <param name="MissingEngines">Connection engines that do not run in containers, with the reason.</param>
public sealed record ContainerProbe(ContainerEngine Engine, IReadOnlyDictionary<string, string> MissingEngines)
{
    private const string Asked = CalibrationTopology.Project;

    /// <summary>Makes the image that is asked when it is missing.</summary>
    /// <param name="report">Gets the progress of that.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabStartException">No engine, or no image: the message says what to do.</exception>
    public static async Task<ContainerProbe> AskAsync(Action<ResourceEvent> report, CancellationToken cancellationToken)
    {
        var engine = await ContainerEngine.FindAsync(cancellationToken);
        var images = await ContainerImages.MakeAsync(engine, [Asked], report, cancellationToken);
        var files = DescriptorLimit.Read().Hard.ToString(CultureInfo.InvariantCulture);
        var lines = await engine.LinesAsync(
            cancellationToken,
            ["run", "--rm", "--pull", "never", "--network", "none", "--ulimit", $"nofile={files}:{files}", .. Container.Confinement, images[Asked], "engines"]);
        return new ContainerProbe(engine, lines.Select(line => line.Split('\t')).Where(fields => fields.Length == 2)
            .ToDictionary(fields => fields[0], fields => $"{fields[1]} (in a container)", StringComparer.Ordinal));
    }
}
