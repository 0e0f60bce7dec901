using System.Text.Json;
using Lab.Processes;

namespace Lab.LocalHost.Processes;

/// <summary>
/// Written down while a process runs, so that a later start can end what an earlier one left behind. By id and start
/// time, never by name: other people's servers are not ours to stop.
/// </summary>
internal sealed class RunningRecords(string folder)
{
    public RunningRecords(LocalLabOptions options)
        : this(Path.Combine(options.StateFolder, "running"))
    {
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public void Add(ProcessIdentity process)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(PathOf(process), JsonSerializer.Serialize(process));
    }

    public void Remove(ProcessIdentity process) => File.Delete(PathOf(process));

    /// <returns>Names of the resources whose processes were ended.</returns>
    public async Task<IReadOnlyList<string>> EndLeftoversAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        var ended = new List<string>();
        foreach (var file in Directory.GetFiles(folder, "*.json"))
        {
            if (Read(file) is { IsAlive: true } leftover)
            {
                await Signals.EndAsync(leftover, Patience, cancellationToken);
                ended.Add(leftover.Name);
            }

            File.Delete(file);
        }

        return ended;
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

    private string PathOf(ProcessIdentity process) => Path.Combine(folder, $"{process.Pid}.json");
}
