using System.Text.Json;
using Lab.Processes;

namespace Lab.LocalHost;

/// <summary>
/// Held while a lab runs in a state folder: two labs in one would take each other's data away. Beside it stands which
/// process holds it, for whoever wants to end that one.
/// </summary>
internal sealed class LabLock : IDisposable
{
    private const string LockFile = "lock";
    private const string HolderFile = "lab.json";

    private readonly FileStream _lock;
    private readonly string _holderPath;

    private LabLock(FileStream taken, string holderPath) => (_lock, _holderPath) = (taken, holderPath);

    /// <exception cref="LabStartException">Another lab has it, or the folder cannot be written to.</exception>
    public static LabLock Take(LocalLabOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.StateFolder);
            var path = Path.Combine(options.StateFolder, LockFile);
            if (TryOpen(path) is not { } taken)
            {
                throw new LabStartException($"another lab is running here (it holds {path}): wait for it, or stop it (./lab down)");
            }

            var holder = HolderPath(options);
            File.WriteAllText(holder, JsonSerializer.Serialize(ProcessIdentity.Of("lab", Environment.ProcessId)));
            return new LabLock(taken, holder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LabStartException(
                $"{options.StateFolder}, where the lab keeps its data, cannot be written to ({exception.Message}): "
                + "get write permission and room there, or name another folder (LAB_STATE)", exception);
        }
    }

    /// <summary>The process of the lab that runs in a state folder; null when none does.</summary>
    public static ProcessIdentity? Holder(LocalLabOptions options)
    {
        using var free = TryOpen(Path.Combine(options.StateFolder, LockFile));
        try
        {
            return free is null && JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllText(HolderPath(options))) is { IsAlive: true } holder
                ? holder
                : null;
        }
        catch (Exception exception) when (exception is JsonException or FileNotFoundException)
        {
            // It has only just begun, or is just ending.
            return null;
        }
    }

    public void Dispose()
    {
        File.Delete(_holderPath);
        _lock.Dispose();
    }

    /// <summary>Null while another process has it open.</summary>
    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception.HResult == (OperatingSystem.IsMacOS() ? 35 : 11))
        {
            // EWOULDBLOCK.
            return null;
        }
    }

    private static string HolderPath(LocalLabOptions options) => Path.Combine(options.StateFolder, HolderFile);
}
