using System.Text.Json;
using Lab.Processes;

namespace Lab.LocalHost.Processes;

/// <summary>
/// Written down while a process runs, so that a later start can end what an earlier one left behind; a mark in its
/// environment says the same of one whose start was not survived long enough to write it down. By id and start time, never
/// by name: other people's servers are not ours to stop.
/// </summary>
internal sealed class RunningRecords(LocalLabOptions options)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _folder = Path.Combine(options.StateFolder, "running");

    /// <summary>What the lab's processes carry in <see cref="MarkedProcesses.Variable"/>.</summary>
    public string Mark { get; } = Path.GetFullPath(options.StateFolder);

    public void Add(ProcessIdentity process)
    {
        Directory.CreateDirectory(_folder);
        File.WriteAllText(PathOf(process), JsonSerializer.Serialize(process));
    }

    public void Remove(ProcessIdentity process) => File.Delete(PathOf(process));

    /// <summary>For the holder of the state folder's lock: nobody else starts anything meanwhile.</summary>
    /// <returns>Names of the resources whose processes were ended.</returns>
    public async Task<IReadOnlyList<string>> EndLeftoversAsync(CancellationToken cancellationToken)
    {
        var files = Directory.Exists(_folder) ? Directory.GetFiles(_folder, "*.json") : [];
        var leftovers = files.Select(Read).OfType<ProcessIdentity>().Where(process => process.IsAlive).ToList();
        leftovers.AddRange(MarkedProcesses.Of(Mark).ExceptBy(leftovers.Select(process => process.Pid), process => process.Pid));
        await Task.WhenAll(leftovers.Select(process => Signals.EndAsync(process, Patience, cancellationToken)));
        Array.ForEach(files, File.Delete);
        return [.. leftovers.Select(process => process.Name)];
    }

    private static ProcessIdentity? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllText(file));
        }
        catch (JsonException)
        {
            // Torn by a crash while it was written: the process had hardly begun.
            return null;
        }
    }

    private string PathOf(ProcessIdentity process) => Path.Combine(_folder, $"{process.Pid}.json");
}
