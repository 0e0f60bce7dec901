using System.Text.RegularExpressions;
using Lab.Harness.Experiments;

namespace Lab.Tests.Unit.Experiments;

/// <summary>What <c>docs/experiments.md</c> shows must be what the lab does.</summary>
public class ExperimentsPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(ExperimentSamples.Folder, "..", "docs", "experiments.md"));

    private static string Example => Block("yaml", startsWith: "# yaml-language-server");

    [Fact]
    public void The_example_is_valid_and_has_the_cells_that_the_page_counts()
    {
        var experiment = Load(Example);

        var planner = new Planner(ExperimentSamples.Catalog);
        Assert.Equal(4, planner.Cells(experiment, "full").Count(cell => cell.Group == "engines"));
        Assert.Equal(3, planner.Cells(experiment, "quick").Count);
        Assert.NotNull(planner.Cells(experiment, "quick")[0].Published);
    }

    [Fact]
    public void The_messages_are_those_of_the_lab()
    {
        var damaged = Example
            .Replace("engine: [threads, async]", "engine: [thread, async]", StringComparison.Ordinal)
            .Replace("iterations: 3", "iteration: 3", StringComparison.Ordinal)
            .Replace("- clients: [100+100]", "- clients: [5+5]", StringComparison.Ordinal);

        var refusal = Assert.Throws<InvalidFileException>(() => Load(damaged));

        Assert.Equal(
            Block("", startsWith: "experiments/coffee-break.yaml").TrimEnd().Split('\n'),
            refusal.Problems.Select(problem => (problem with { File = "experiments/coffee-break.yaml" }).ToString()));
    }

    [Fact]
    public void Every_factor_and_value_is_on_the_page()
    {
        var words = ExperimentSamples.Catalog.Systems.SelectMany(system => ExperimentSamples.Catalog.Find(system)!.Factors)
            .SelectMany(factor => factor.Words.Prepend(factor.Name));

        Assert.All(words, word => Assert.Contains($"`{word}`", Page, StringComparison.Ordinal));
    }

    private static Experiment Load(string yaml)
    {
        using var folder = new TemporaryFolder();
        folder.Write("published/marketplace.csv", File.ReadAllText(Path.Combine(ExperimentSamples.Folder, "published", "marketplace.csv")));
        return new ExperimentLoader(ExperimentSamples.Catalog).LoadFile(folder.Write("coffee-break.yaml", yaml));
    }

    private static string Block(string language, string startsWith) => Regex
        .Matches(Page, "^```(?<language>[a-z]*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline, TimeSpan.FromSeconds(5))
        .Where(block => block.Groups["language"].Value == language)
        .Select(block => block.Groups["text"].Value)
        .First(text => text.StartsWith(startsWith, StringComparison.Ordinal));
}
