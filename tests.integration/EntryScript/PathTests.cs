using System.Text.RegularExpressions;
using Lab.Harness.Commands;
using Lab.LocalHost.Resources;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.EntryScript;

/// <summary>A lab in a folder whose name scripts trip over: built already, everything else is real.</summary>
public sealed partial class PathTests : IDisposable
{
    private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("lab-test-");

    private string Root => Path.Combine(_parent.FullName, "with space & ü");

    public void Dispose() => _parent.Delete(recursive: true);

    [Fact]
    public async Task A_lab_in_a_folder_with_spaces_and_other_letters_comes_up_measures_and_goes_down()
    {
        Build();
        using (var up = Lab("up", "--fresh"))
        {
            await up.WaitForAsync("Ctrl-C stops all of it");
            var seller = SellerServer().Match(up.Output).Groups["address"].Value;
            using var registration = Lab("marketplace", "seller", "--server", seller, "create_account", "--name", "ann");
            Assert.True(await registration.WaitForExitAsync() == 0, registration.Output);
            up.Signal("INT");
            Assert.True(await up.WaitForExitAsync() == 0, up.Output);
        }

        var report = Path.Combine(Root, "my report");
        using (var run = Lab("run", "tiny", "--out", report))
        {
            Assert.True(await run.WaitForExitAsync() == 0, run.Output);
            Assert.True(File.Exists(Path.Combine(report, "index.html")));
        }

        using var down = Lab("down", "--data");
        Assert.True(await down.WaitForExitAsync() == 0, down.Output);
        Assert.False(Directory.Exists(Path.Combine(Root, ".lab", "data")));
    }

    [GeneratedRegex(@"seller-server\s+│\s+(?<address>[0-9.]+:[0-9]+)", RegexOptions.None, 1000)]
    private static partial Regex SellerServer();

    private LabProgram Lab(params string[] arguments) =>
        LabProgram.StartProgram(Path.Combine(Root, "lab"), new Dictionary<string, string>(StringComparer.Ordinal) { ["LAB_PASSWORD"] = "password of a test" }, arguments);

    /// <summary>What a build leaves, and an experiment of a single cell.</summary>
    private void Build()
    {
        Copy(LabFolders.Root, Root, "lab", "Lab.sln", "global.json");
        Copy(Path.Combine(LabFolders.Root, "experiments"), Path.Combine(Root, "experiments"), "deployments.yaml");
        File.WriteAllText(Path.Combine(Root, "experiments", "tiny.yaml"), """
            name: tiny
            system: marketplace
            title: A single cell
            summary: As small as can be.
            groups:
              - name: one
                title: One cell
                question: Does it run?
                matrix:
                  operation: [register_item_for_sale]
                  clients: [1+1]
                  engine: [async]
                  cache: ["off"]
                  deployment: [gcp]
                presets:
                  quick: { iterations: 1, operations_per_client: 3 }
            """);

        // By this the script knows the systems that have a command line, and that nothing is to be built.
        Directory.CreateDirectory(Path.Combine(Root, "Harness", "Systems", "Marketplace"));
        Directory.CreateDirectory(Path.Combine(Root, ".lab"));
        var (output, configuration) = ServicePrograms.Output();
        foreach (var project in output.GetDirectories().Where(project => project.Name is not "AppHost" && !project.Name.StartsWith("Tests.", StringComparison.Ordinal)))
        {
            CopyTree(Path.Combine(project.FullName, configuration), Path.Combine(Root, "artifacts", "bin", project.Name, configuration));
        }

        File.WriteAllText(Path.Combine(Root, ".lab", "built-harness"), "");
    }

    private static void Copy(string from, string to, params string[] names)
    {
        Directory.CreateDirectory(to);
        foreach (var name in names)
        {
            File.Copy(Path.Combine(from, name), Path.Combine(to, name));
        }
    }

    private static void CopyTree(string from, string to)
    {
        if (!Directory.Exists(from))
        {
            return;
        }

        Copy(from, to, [.. Directory.GetFiles(from).Select(file => Path.GetFileName(file))]);
        foreach (var folder in Directory.GetDirectories(from))
        {
            CopyTree(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
