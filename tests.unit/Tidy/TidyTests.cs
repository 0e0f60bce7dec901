using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Lab.Tests.Unit.Tidy;

/// <summary>Holds what no compiler holds: sizes, dependencies, and that the project speaks of itself alone.</summary>
public partial class TidyTests
{
    private const int MaxFileLines = 400;

    private static readonly string[] Folders =
        ["AppHost", "BuildingBlocks", "Harness", "LocalHost", "ServiceDefaults", "Services", "docs", "experiments", "tests.integration", "tests.unit"];

    private static string Root { get; } = FindRoot();

    [Fact]
    public void Files_stay_short_enough_to_be_read()
    {
        var long_ = Files("*.cs").Concat(Files("*.razor")).Append(Path.Combine(Root, "lab"))
            .Select(file => (file, lines: File.ReadLines(file).Count())).Where(file => file.lines > MaxFileLines);
        Assert.Empty(long_.Select(file => $"{Path.GetRelativePath(Root, file.file)} has {file.lines} lines"));
    }

    [Fact]
    public void Nothing_is_compiled_conditionally()
    {
        var conditional = Files("*.cs").Where(file => Conditional().IsMatch(File.ReadAllText(file)))
            .Concat(Files("*.csproj").Where(file => XDocument.Load(file).Descendants()
                .Any(item => item.Attribute("Condition") is not null && item.Name.LocalName is "Compile" or "DefineConstants" or "PackageReference" or "ProjectReference")));
        Assert.Empty(conditional.Select(file => Path.GetRelativePath(Root, file)));
    }

    [Fact]
    public void The_database_driver_is_named_in_two_files_only()
    {
        var naming = Files("*.cs").Where(file => !file.Contains("/tests.", StringComparison.Ordinal))
            .Where(file => Driver().IsMatch(File.ReadAllText(file)));
        Assert.Equal(
            ["BuildingBlocks/Storage/MySql/MySqlDriver.cs", "ServiceDefaults/Telemetry/MySqlConnectorExtensions.cs"],
            naming.Select(file => Path.GetRelativePath(Root, file)));
    }

    /// <summary>No system knows another, none knows the harness, building blocks know no system.</summary>
    [Fact]
    public void Dependencies_point_downward_only()
    {
        var allowed = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["BuildingBlocks"] = ["BuildingBlocks"],
            ["ServiceDefaults"] = ["BuildingBlocks"],
            ["Services"] = ["BuildingBlocks", "ServiceDefaults"],
            ["Harness"] = ["BuildingBlocks", "LocalHost", "Services"],
            ["AppHost"] = ["Harness", "LocalHost", "Services"],
        };
        foreach (var (folder, targets) in allowed)
        {
            foreach (var project in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories))
            {
                var references = XDocument.Load(project).Descendants("ProjectReference")
                    .Select(reference => Path.GetRelativePath(Root, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(project)!, reference.Attribute("Include")!.Value))));
                Assert.All(references, reference => Assert.Contains(reference.Split('/')[0], targets));
            }
        }
    }

    /// <summary>What the simulator runs is what a process runs, only while it knows nothing of processes, sockets and files.</summary>
    [Theory]
    [InlineData("Market")]
    [InlineData("Protocol")]
    [InlineData("Peers")]
    [InlineData("Checking")]
    public void The_peers_of_the_trading_post_know_no_process(string folder)
    {
        var files = Directory.GetFiles(Path.Combine(Root, "Services", "TradingPost", folder), "*.cs");
        Assert.NotEmpty(files);
        Assert.Empty(files.Where(file => OfTradingPostProcesses().IsMatch(File.ReadAllText(file))).Select(file => Path.GetRelativePath(Root, file)));
    }

    [Fact]
    public void Every_page_is_linked_from_the_readme_and_every_link_leads_somewhere()
    {
        var readme = File.ReadAllText(Path.Combine(Root, "README.md"));
        var pages = Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md").ToList();
        Assert.All(pages, page => Assert.Contains($"docs/{Path.GetFileName(page)}", readme, StringComparison.Ordinal));
        foreach (var page in pages.Append(Path.Combine(Root, "README.md")))
        {
            foreach (var target in Link().Matches(File.ReadAllText(page)).Select(match => match.Groups["target"].Value))
            {
                Assert.True(
                    Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target.Split('#')[0])) || target.StartsWith('#'),
                    $"{Path.GetRelativePath(Root, page)} links to {target}, which does not exist");
            }
        }
    }

    [GeneratedRegex(@"^\s*#\s*(if|elif|else)\b", RegexOptions.Multiline, 1000)]
    private static partial Regex Conditional();

    [GeneratedRegex(@"\b(MySql\.Data|MySqlConnector|MySqlConnection|MySqlException)\b", RegexOptions.None, 1000)]
    private static partial Regex Driver();

    [GeneratedRegex(
        @"Lab\.TradingPost\.(Accounts|Cli|Client|Running|Supervision)\b|(?<![.\w])(Cli|Client|Running|Supervision)\.[A-Z]|\b(System\.(IO|Net|Threading)|Lab\.(Processes|Threading))\b", RegexOptions.None, 1000)]
    private static partial Regex OfTradingPostProcesses();

    [GeneratedRegex(@"\]\((?<target>(?!https?:|mailto:)[^)\s]+)\)", RegexOptions.None, 1000)]
    private static partial Regex Link();

    private static IEnumerable<string> Files(string pattern) => Folders
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Lab.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("the tests run outside the repository");
    }
}
