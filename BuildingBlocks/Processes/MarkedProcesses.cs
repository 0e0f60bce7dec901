using System.Text;

namespace Lab.Processes;

/// <summary>
/// Processes that say by their environment whose they are, and whatever they have started, which inherits it: found also when
/// whoever started them was killed before it could write down that it did. Only on Linux, where <c>/proc</c> shows it.
/// </summary>
public static class MarkedProcesses
{
    /// <summary>The variable with the state folder of the lab that a process belongs to.</summary>
    public const string Variable = "LAB_OWNER";

    /// <summary>
    /// Those of this user that carry the mark of an owner, but not this process. What runs in a container sees other folders
    /// under the same names, and so belongs to another lab.
    /// </summary>
    /// <param name="owner">Absolute path of a state folder.</param>
    public static IReadOnlyList<ProcessIdentity> Of(string owner)
    {
        var mark = $"{Variable}={owner}";
        var (user, files) = (UserOf("self"), FilesOf("self"));
        var found = new List<ProcessIdentity>();
        foreach (var pid in ProcessIdentity.AllIds().Where(pid => pid != Environment.ProcessId))
        {
            var id = FormattableString.Invariant($"{pid}");

            // Its identity first: should the id pass to another process meanwhile, that one is not it.
            if (ProcessIdentity.Of(id, pid) is { } process
                && UserOf(id) == user && FilesOf(id) == files && EnvironmentOf(id) is var variables && variables.Contains(mark))
            {
                found.Add(process with { Name = NameOf(variables) ?? id });
            }
        }

        return found;
    }

    /// <summary>The resource, or what it has started: every child process has a log of its own.</summary>
    private static string? NameOf(string[] variables) => variables
        .Where(variable => variable.StartsWith(ProcessSpawner.LogFileVariable + "=", StringComparison.Ordinal))
        .Select(Path.GetFileNameWithoutExtension).FirstOrDefault();

    private static string[] EnvironmentOf(string id) => Read(id, "environ").Split('\0');

    private static string? UserOf(string id) =>
        Read(id, "status").Split('\n').FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal));

    /// <summary>The file systems that it sees, by number: other than ours in a container.</summary>
    private static string? FilesOf(string id)
    {
        try
        {
            return new FileInfo($"/proc/{id}/ns/mnt").LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Empty when it has ended, or is somebody else's.</summary>
    private static string Read(string id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}", Encoding.UTF8);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
