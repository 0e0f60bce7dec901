using System.Reflection;

namespace Lab.Storage;

/// <summary>Which driver, in the version of its package: assembly versions often stand still for a whole major version.</summary>
internal static class DriverVersion
{
    public static string Describe(Type driver)
    {
        var assembly = driver.Assembly;
        var file = assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version;
        var version = Version.TryParse(file, out var parsed) ? parsed : assembly.GetName().Version;
        return $"{assembly.GetName().Name} {version?.ToString(3)}";
    }
}
