using Lab.Processes;

namespace Lab.AppHost.Aspire;

/// <summary>Programs of this machine as resources.</summary>
internal static class SessionBuilderExtensions
{
    /// <summary>
    /// In a session of its own, as LocalHost runs it. Linux shares the processors out between sessions first (autogroups):
    /// in one session with everything else that Aspire starts, a busy service would get less of them than by LocalHost.
    /// <c>setsid</c> becomes the program, so that nothing stands between Aspire and it.
    /// </summary>
    public static IResourceBuilder<ExecutableResource> AddProgram(
        this IDistributedApplicationBuilder builder, string name, string program, string workingFolder, IReadOnlyList<string> arguments)
    {
        var (command, all) = InSession(program, arguments);
        return builder.AddExecutable(name, command, workingFolder, [.. all]);
    }

    /// <summary>What to run for that.</summary>
    public static (string Command, IReadOnlyList<string> Arguments) InSession(string program, IReadOnlyList<string> arguments) =>
        Programs.Find("setsid") is { } setSid ? (setSid, [program, .. arguments]) : (program, arguments);
}
