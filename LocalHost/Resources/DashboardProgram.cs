using System.Reflection;

namespace Lab.LocalHost.Resources;

/// <summary>The program that shows traces, metrics and logs: Aspire's dashboard, a package that the build fetches.</summary>
internal static class DashboardProgram
{
    /// <summary>Where the build found it; empty where Aspire has none for the platform.</summary>
    private static string Path => typeof(DashboardProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == nameof(DashboardProgram)).Value ?? "";

    /// <exception cref="LabStartException">It is not there; the message says why.</exception>
    public static string Find() => Find(Path);

    internal static string Find(string path) => path switch
    {
        "" => throw new LabStartException("no dashboard: Aspire has none for this platform"),
        _ when !File.Exists(path) => throw new LabStartException($"no dashboard: {path}, with which the lab was built, is gone: dotnet restore brings it back"),
        _ => path,
    };
}
