using System.Text.Json;
using Lab.Processes;
using Lab.Topology;

namespace Lab.LocalHost;

/// <summary>
/// A lab that other commands of this user may use while it runs: where it can be reached stands in a file of its state
/// folder, which holds secrets and which only its owner can read. The lab of a measurement is not published: nobody shall
/// disturb it.
/// </summary>
public sealed class PublishedLab : IDisposable
{
    private const string FileName = "published.json";

    private readonly string _path;

    private PublishedLab(string path) => _path = path;

    /// <summary>Until it is disposed of.</summary>
    /// <param name="endpoints">Of a lab that this process has started.</param>
    /// <param name="stateFolder">Its own.</param>
    public static PublishedLab Publish(LabEndpoints endpoints, string stateFolder)
    {
        var path = PathIn(stateFolder);
        var publication = new Publication(ProcessIdentity.Of("lab", Environment.ProcessId)!, AttachVariables.Of(endpoints));
        Secrets.Write(path, JsonSerializer.Serialize(publication));
        return new PublishedLab(path);
    }

    /// <summary>The lab that runs in a state folder; null when none does, or none that is published.</summary>
    public static LabEndpoints? Find(string stateFolder)
    {
        try
        {
            // A lab that was killed has left its file behind.
            return JsonSerializer.Deserialize<Publication>(File.ReadAllText(PathIn(stateFolder))) is { Lab.IsAlive: true } publication
                ? AttachVariables.Read(publication.Variables)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or FormatException or FileNotFoundException or DirectoryNotFoundException)
        {
            // It has only just begun, or is just ending.
            return null;
        }
    }

    public void Dispose() => File.Delete(_path);

    private static string PathIn(string stateFolder) => Path.Combine(stateFolder, FileName);

    private sealed record Publication(ProcessIdentity Lab, IReadOnlyDictionary<string, string> Variables);
}
