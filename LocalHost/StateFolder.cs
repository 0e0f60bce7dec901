namespace Lab.LocalHost;

/// <summary>Where a lab on this machine keeps what it has: data, logs, records.</summary>
internal static class StateFolder
{
    /// <summary>Two labs in one state folder would take each other's data away. The lock ends with the stream.</summary>
    /// <exception cref="LabStartException">Another lab has it.</exception>
    public static FileStream Lock(LocalLabOptions options)
    {
        Directory.CreateDirectory(options.StateFolder);
        var path = Path.Combine(options.StateFolder, "lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new LabStartException($"another lab is running here (it holds {path}): wait for it, or stop it", exception);
        }
    }

    /// <summary>The folder for a database's data; without it unless data is kept.</summary>
    public static string Data(LocalLabOptions options, string resource)
    {
        var folder = Path.GetFullPath(Path.Combine(options.StateFolder, "data", resource));
        if (!options.KeepData && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return folder;
    }
}
