using System.Text.Json;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;

namespace Lab.Tests.Integration.TradingPost.Accounts;

public sealed class FileAccountsCrashTests : AccountsCrashTests, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lab-journal-").FullName;

    protected override AccountsSettings Settings => new() { Kind = AccountsKind.File, Folder = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_full_disk_ends_the_term_and_loses_nothing()
    {
        using var writer = await StartInsideAsync("mount -t tmpfs -o size=2m lab \"$0\"");
        await writer.WaitForExitAsync();
        Assert.Contains("No space left", Assert.Single(writer.All("failed")), StringComparison.Ordinal);
        var history = JsonSerializer.Deserialize<List<AccountRecord>>(Assert.Single(writer.All("history")))!;
        var durable = writer.Durable.SelectMany(records => records).ToList();
        Assert.NotEmpty(durable);
        Assert.Equal(durable, history.Take(durable.Count));
    }

    [Fact]
    public async Task A_folder_that_is_not_writable_is_an_error_that_says_so()
    {
        using var writer = await StartInsideAsync("mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"");
        await writer.WaitForExitAsync();
        Assert.Contains(_folder, Assert.Single(writer.All("failed")), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    /// <summary>In a mount namespace of its own, where a shell has prepared the folder.</summary>
    private async Task<AccountsWriterProcess> StartInsideAsync(string prepare)
    {
        IReadOnlyList<string> inside = ["unshare", "--map-root-user", "--mount", "sh", "-c", $"{prepare} && exec \"$@\"", _folder];
        await AccountsWriterProcess.SkipUnlessMayMountAsync(inside);
        return AccountsWriterProcess.Start(new(Settings, Trader: 1, AppendsPerTerm: int.MaxValue, MostRecords: 6), inside);
    }
}
