using System.Text.Json;

namespace Lab.Harness.Commands;

/// <summary>
/// Packages of which the feed lacked the version that the lab asks for, and gave the next one (NuGet's NU1603): what is built
/// with them may differ a little from what its authors tried.
/// </summary>
internal static class ResolvedPackages
{
    private const string TakenInstead = "NU1603";

    /// <param name="root">The repository, once restored.</param>
    /// <returns>NuGet's own words, each once, by package: <c>A depends on B (>= 1.2.0) but ...</c>.</returns>
    public static IReadOnlyList<string> Otherwise(string root) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(root, "artifacts", "obj"), "project.assets.json", SearchOption.AllDirectories)
            .SelectMany(Messages)
            .GroupBy(message => message.Package, StringComparer.Ordinal)
            .OrderBy(messages => messages.Key, StringComparer.Ordinal)
            .Select(messages => messages.First().Text),
    ];

    private static IEnumerable<(string Package, string Text)> Messages(string assets)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(assets));
        if (!json.RootElement.TryGetProperty("logs", out var logs))
        {
            return [];
        }

        return
        [
            .. logs.EnumerateArray().Where(log => log.GetProperty("code").GetString() == TakenInstead)
                .Select(log => (log.GetProperty("libraryId").GetString() ?? "", log.GetProperty("message").GetString() ?? "")),
        ];
    }
}
