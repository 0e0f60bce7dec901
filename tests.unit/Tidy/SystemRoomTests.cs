using System.Text.RegularExpressions;
using Lab.Harness.Systems;

namespace Lab.Tests.Unit.Tidy;

/// <summary>
/// What the lab knows of a system stands in its topology entry, its service folder, its room in the harness and its experiment,
/// and nowhere else but in the two lists that say which systems there are.
/// </summary>
public sealed class SystemRoomTests
{
    private static readonly string[] Lists = ["BuildingBlocks/Topology/LabTopology.cs", "Harness/Systems/SystemModules.cs"];

    private static readonly string[] Shared =
        ["AppHost", "BuildingBlocks", "Harness", "LocalHost", "ServiceDefaults", "infra", ".github", ".ci"];

    private static readonly string[] Extensions = [".cs", ".razor", ".csproj", ".css", ".yml", ".sh", ""];

    /// <summary>The calibration is no system: it says what the machine gives without one, and every stage tells it.</summary>
    public static TheoryData<string> Systems => [.. SystemModules.Default.All.Select(system => system.Name).Where(name => name != "calibration")];

    [Theory]
    [MemberData(nameof(Systems))]
    public void A_system_is_named_in_its_own_rooms_only(string system)
    {
        var room = string.Concat(system.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
        // As a type or folder, as a name in quotes, as a command. An echo client or server is also what measures a machine or a proxy.
        var name = new Regex($@"\b{room}(?!Client|Server)\w*|""{system}""|lab {system}\b", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(10));
        string[] own = [$"Harness/Systems/{room}/", "BuildingBlocks/Topology/Systems/"];
        var elsewhere =
            from file in SharedFiles()
            where !Lists.Contains(file) && !own.Any(folder => file.StartsWith(folder, StringComparison.Ordinal))
            from line in File.ReadLines(Path.Combine(Root, file)).Index()
            where name.IsMatch(line.Item)
            select $"{file}:{line.Index + 1}: {line.Item.Trim()}";
        Assert.Empty(elsewhere);
    }

    [Fact]
    public void Every_system_has_a_room_an_experiment_and_a_service()
    {
        var rooms = Directory.EnumerateDirectories(Path.Combine(Root, "Harness", "Systems")).Select(Path.GetFileName);
        Assert.Equal(
            SystemModules.Default.All.Select(system => system.Name.Replace("-", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            rooms.Select(room => room!.ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.All(
            SystemModules.Default.All.Where(system => system.Name != "calibration"),
            system => Assert.True(File.Exists(Path.Combine(Root, "experiments", $"{system.Name}.yaml")), system.Name));
    }

    [Fact]
    public void The_solution_has_every_project()
    {
        var solution = File.ReadAllText(Path.Combine(Root, "Lab.sln")).Replace('\\', '/');
        var projects = new[] { "AppHost", "BuildingBlocks", "Harness", "LocalHost", "ServiceDefaults", "Services", "tests.integration", "tests.unit" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories))
            .Select(project => Path.GetRelativePath(Root, project));
        Assert.Empty(projects.Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal)).Select(project => $"dotnet sln add {project}"));
    }

    private static string Root => Samples.SampleResults.Root();

    private static IEnumerable<string> SharedFiles() => Shared
        .Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        .Append(Path.Combine(Root, "lab"))
        .Where(file => Extensions.Contains(Path.GetExtension(file)))
        .Select(file => Path.GetRelativePath(Root, file));
}
