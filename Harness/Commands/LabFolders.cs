namespace Lab.Harness.Commands;

/// <summary>Where the lab's files are, wherever it is called from.</summary>
internal static class LabFolders
{
    /// <summary>The repository: the nearest folder above the program that has the solution.</summary>
    /// <exception cref="DirectoryNotFoundException">The program was copied out of the repository.</exception>
    public static string Root { get; } = FindRoot();

    /// <summary>Data, logs, records; <c>LAB_STATE</c> names another folder, for a second lab beside the first.</summary>
    public static string State => Environment.GetEnvironmentVariable("LAB_STATE") ?? Path.Combine(Root, ".lab");

    /// <summary>State of a lab of processes that runs beside one in containers.</summary>
    public static string ProcessesBeside(string state) => Path.Combine(state, "processes");

    public static string Reports => Path.Combine(Root, "reports");

    /// <summary>The matrices; <c>LAB_EXPERIMENTS</c> names another folder of such files.</summary>
    public static string Experiments => Environment.GetEnvironmentVariable("LAB_EXPERIMENTS") ?? Path.Combine(Root, "experiments");

    /// <summary>As a reader of messages would write it: relative to where he is, where that is shorter.</summary>
    public static string Show(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.Length < path.Length && !relative.StartsWith("../..", StringComparison.Ordinal) ? relative : path;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Lab.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"{AppContext.BaseDirectory} is not inside the lab's repository");
    }
}
