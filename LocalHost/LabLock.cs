using System.Text.Json;
using Lab.LocalHost.Processes;

namespace Lab.LocalHost;

/// <summary>
/// Held while a lab runs in a state folder: two labs in one would take each other's data away. Beside it stands which
/// process holds it, for whoever wants to end that one.
/// </summary>
internal static class LabLock
{
    private const string LockFile = "lock";
    private const string HolderFile = "lab.json";

    /// <returns>Let go by disposing it.</returns>
    /// <exception cref="LabStartException">Another lab has it.</exception>
    public static FileStream Take(LocalLabOptions options)
    {
        Directory.CreateDirectory(options.StateFolder);
        var path = Path.Combine(options.StateFolder, LockFile);
        try
        {
            var taken = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(Path.Combine(options.StateFolder, HolderFile), JsonSerializer.Serialize(ProcessIdentity.Of("lab", Environment.ProcessId)));
            return taken;
        }
        catch (IOException exception)
        {
            throw new LabStartException(
                $"another lab is running here (it holds {path}): wait for it, or stop it (./lab down)", exception);
        }
    }

    /// <summary>The process of the lab that runs in a state folder, or null.</summary>
    public static ProcessIdentity? Holder(LocalLabOptions options)
    {
        var path = Path.Combine(options.StateFolder, HolderFile);
        try
        {
            return File.Exists(path) && JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllText(path)) is { IsAlive: true } holder ? holder : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
