using System.Runtime.InteropServices;
using Lab.LocalHost.Processes;
using Lab.Processes;

namespace Lab.LocalHost.Resources;

/// <summary>
/// The program that shows traces, metrics and logs: Aspire's dashboard, from its command line tool. That is on the machine,
/// or npm installs it once into a folder of the lab.
/// </summary>
internal static class DashboardProgram
{
    private const string Version = "13.5.4";

    /// <summary>Where no registry answers, the lab does not wait for one.</summary>
    private static readonly string[] NoPatience = ["--fetch-retries=0", "--fetch-timeout=20000"];

    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(3);

    private static string Package =>
        $"@microsoft/aspire-cli-{(OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";

    /// <param name="toolsFolder">Where it is installed.</param>
    /// <param name="report">Told when something is installed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LabStartException">It is not there and cannot be had; the message says why.</exception>
    public static async Task<string> FindAsync(string toolsFolder, Action<string> report, CancellationToken cancellationToken)
    {
        var installed = Path.Combine(toolsFolder, "node_modules", Package, "bin", "aspire");
        if (Programs.Find("aspire") is { } program)
        {
            return program;
        }

        if (!File.Exists(installed))
        {
            report($"installing {Package} with npm (once)");
            await InstallAsync(toolsFolder, cancellationToken);
        }

        return File.Exists(installed)
            ? installed
            : throw new LabStartException($"npm installed {Package}, but {installed} is not there");
    }

    private static async Task InstallAsync(string toolsFolder, CancellationToken cancellationToken)
    {
        var npm = Programs.Find("npm")
            ?? throw new LabStartException("no dashboard: neither aspire nor npm is installed. See https://aspire.dev, or install npm");
        Directory.CreateDirectory(toolsFolder);
        var install = await ProgramRun.OfAsync(
            npm,
            ["install", "--prefix", toolsFolder, "--no-audit", "--no-fund", "--loglevel=error", .. NoPatience, $"{Package}@{Version}"],
            InstallTimeout,
            cancellationToken);
        if (install.ExitCode != 0)
        {
            throw new LabStartException($"no dashboard: npm cannot install {Package} (--dashboard false does not ask for one): {(install.Errors + install.Output).Trim()}");
        }
    }
}
