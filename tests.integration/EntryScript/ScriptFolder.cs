using Lab.Harness.Commands;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.EntryScript;

/// <summary>A folder with nothing but <c>./lab</c>, and a program in place of <c>dotnet</c>.</summary>
internal sealed class ScriptFolder : IDisposable
{
    private readonly string _programs;

    public ScriptFolder()
    {
        _programs = Directory.CreateDirectory(Path.Combine(Root, "programs")).FullName;
        File.Copy(Path.Combine(LabFolders.Root, "lab"), Script);
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public string Script => Path.Combine(Root, "lab");

    /// <summary>It is called with a version to tell, and then to build.</summary>
    /// <param name="build">What a shell does then.</param>
    public void BuildIs(string build)
    {
        var dotnet = Path.Combine(_programs, "dotnet");
        File.WriteAllText(dotnet, $"#!/bin/sh\n[ \"$1\" = --version ] && exit 0\n{build}\n");
        File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    /// <summary>Starts <c>./lab list</c>, which builds what it needs.</summary>
    /// <param name="inside">What it runs inside of.</param>
    public LabProgram List(params string[] inside)
    {
        string[] command = [.. inside, Script, "list"];
        return LabProgram.StartProgram(
            command[0],
            new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = $"{_programs}:{Environment.GetEnvironmentVariable("PATH")}" },
            command[1..]);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
