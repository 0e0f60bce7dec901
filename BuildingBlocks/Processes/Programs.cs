namespace Lab.Processes;

/// <summary>Finds programs of the machine.</summary>
public static class Programs
{
    /// <summary>Servers live in folders that an ordinary user's PATH lacks.</summary>
    private static readonly string[] ServerFolders = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

    /// <summary>The first of some programs that exists, or null.</summary>
    public static string? Find(params ReadOnlySpan<string> names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(ServerFolders).ToList();
        foreach (var name in names)
        {
            if (folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
