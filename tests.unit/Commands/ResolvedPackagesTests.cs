using Lab.Harness.Commands;

namespace Lab.Tests.Unit.Commands;

public sealed class ResolvedPackagesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Packages_that_the_feed_gave_in_another_version_are_told_once_each()
    {
        Restored("Storage", """{"code": "NU1603", "level": "Warning", "message": "Storage depends on Dapper (>= 2.1.80) but it was not found.", "libraryId": "Dapper"}""");
        Restored("Harness", """{"code": "NU1603", "level": "Warning", "message": "Harness depends on Dapper (>= 2.1.80) but it was not found.", "libraryId": "Dapper"}""");
        Restored("AppHost", """{"code": "NU1903", "level": "Warning", "message": "An advisory.", "libraryId": "YamlDotNet"}""");
        Restored("Topology", null);
        Assert.EndsWith("depends on Dapper (>= 2.1.80) but it was not found.", Assert.Single(ResolvedPackages.Otherwise(_root)), StringComparison.Ordinal);
    }

    private void Restored(string project, string? log)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_root, "artifacts", "obj", project)).FullName;
        File.WriteAllText(Path.Combine(folder, "project.assets.json"), log is null ? "{}" : $$"""{"version": 3, "logs": [{{log}}]}""");
    }
}
