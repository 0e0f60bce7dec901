using Lab.Harness.Experiments;
using Lab.Harness.Systems;

namespace Lab.Tests.Unit.Experiments;

/// <summary>Files for these tests: those the lab ships, and small ones that a test damages.</summary>
internal static class ExperimentSamples
{
    /// <summary>A valid experiment; each test replaces a piece of it.</summary>
    public const string Valid = """
        name: sample
        system: marketplace
        title: A sample
        summary: Some words.
        groups:
          - name: first
            title: First group
            question: Why?
            matrix:
              operation: [search_items, get_seller_rating]
              clients: [1+1, 10+20]
              engine: [threads, async]
              cache: ["off"]
            presets:
              full:
                iterations: 10
                operations_per_client: 1000
              quick:
                iterations: 3
                operations_per_client: 5
                where:
                  - engine: [async]
                  - engine: [threads]
                    clients: [10+20]
          - name: second
            system: calibration
            title: Second group
            question: Why not?
            matrix:
              operation: [tcp_round_trip]
              clients: [1, 100]
            presets:
              full: { iterations: 2, operations_per_client: 7 }
        """;

    public static string Folder { get; } = FindFolder();

    /// <summary>A machine that runs everything: what tests expect must not depend on where they run.</summary>
    public static MachineAbilities AbleMachine { get; } = new(19_900, new Dictionary<string, string>());

    public static ExperimentFolder Shipped { get; } = ExperimentFolder.Load(Folder, AbleMachine, SystemModules.Default);

    public static FactorCatalog Catalog => Shipped.Catalog;

    /// <summary>Loads a text as the file <c>sample.yaml</c>.</summary>
    public static Experiment Load(string yaml)
    {
        using var folder = new TemporaryFolder();
        return new ExperimentLoader(Catalog).LoadFile(folder.Write("sample.yaml", yaml));
    }

    /// <summary><see cref="Valid"/> with replacements; fails when there is nothing to replace.</summary>
    public static string With(params (string Old, string New)[] replacements)
    {
        var yaml = Valid;
        foreach (var (old, replacement) in replacements)
        {
            Assert.Contains(old, yaml, StringComparison.Ordinal);
            yaml = yaml.Replace(old, replacement, StringComparison.Ordinal);
        }

        return yaml;
    }

    /// <summary>Why a text is refused, as <c>line:column: message</c>.</summary>
    public static IReadOnlyList<string> Refusals(string yaml) => Describe(Assert.Throws<InvalidFileException>(() => Load(yaml)));

    public static IReadOnlyList<string> Describe(InvalidFileException exception) =>
        [.. exception.Problems.Select(problem => $"{problem.Line}:{problem.Column}: {problem.Message}")];

    private static string FindFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Lab.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Lab.sln is not above the tests");
        }

        return Path.Combine(folder, "experiments");
    }
}

/// <summary>A folder that disappears after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public string Write(string name, string text)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
