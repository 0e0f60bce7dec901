namespace Lab.LocalHost;

/// <summary>Where a lab on this machine keeps what it has: data, logs, records.</summary>
internal static class StateFolder
{
    /// <summary>The folder for a resource's data; empty unless data is kept.</summary>
    public static string Data(LocalLabOptions options, string resource)
    {
        var folder = Path.GetFullPath(Path.Combine(options.StateFolder, LocalLabOptions.DataFolderName, resource));
        if (!options.KeepData && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return folder;
    }
}
