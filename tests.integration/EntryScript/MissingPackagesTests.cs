namespace Lab.Tests.Integration.EntryScript;

/// <summary>What <c>./lab</c> says when the package feed cannot give what the lab needs.</summary>
public sealed class MissingPackagesTests : IDisposable
{
    private const int CannotStart = 3;

    private readonly ScriptFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Packages_that_the_feed_lacks_are_named_in_one_line_each_once()
    {
        var run = await ListAsync("""
            /lab/AppHost.csproj : warning NU1603: AppHost depends on Dapper (>= 2.1.0) but Dapper 2.1.0 was not found. Dapper 2.1.86 was resolved instead.
            /lab/AppHost.csproj : error NU1101: Unable to find package Aspire.Hosting.MySql. No packages exist with this id in source(s): nuget.org
            /lab/Tests.csproj : error NU1101: Unable to find package Aspire.Hosting.MySql. No packages exist with this id in source(s): nuget.org
            /lab/Harness.csproj : error NU1102: Unable to find package YamlDotNet with version (>= 99.0.0)
            /lab/Harness.csproj : error NU1102:   - Found 8 version(s) in nuget.org [ Nearest version: 18.1.0 ]
            """);
        Assert.Equal(CannotStart, run.ExitCode);
        Assert.Contains("the package feed lacks Aspire.Hosting.MySql, YamlDotNet (>= 99.0.0);", Assert.Single(run.Errors.Split('\n'), line => line.Contains("lacks", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain("Dapper", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_sdk_that_the_feed_lacks_is_named_like_a_package()
    {
        var run = await ListAsync("""
            /lab/AppHost.csproj : error : Could not resolve SDK "Aspire.AppHost.Sdk". Exactly one of the probing messages below indicates why we could not resolve the SDK.
            /lab/AppHost.csproj : error :   Unable to find package Aspire.AppHost.Sdk with version (= 13.6.99)
            /lab/AppHost.csproj : error MSB4236: The SDK 'Aspire.AppHost.Sdk/13.6.99' specified could not be found.
            """);
        Assert.Equal(CannotStart, run.ExitCode);
        Assert.Contains("the package feed lacks Aspire.AppHost.Sdk (= 13.6.99);", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_that_fails_for_another_reason_shows_its_errors()
    {
        var run = await ListAsync("/lab/A.cs(1,1): error CS1002: ; expected [/lab/A.csproj]");
        Assert.Equal(CannotStart, run.ExitCode);
        Assert.Contains("error CS1002: ; expected", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("lacks", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>Runs <c>./lab list</c> where building ends with an output.</summary>
    private async Task<(int ExitCode, string Errors)> ListAsync(string output)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Root, "output"), output + "\n", Token);
        _folder.BuildIs($"cat '{_folder.Root}/output'\nexit 1");
        using var list = _folder.List();
        return (await list.WaitForExitAsync(), list.Output);
    }
}
