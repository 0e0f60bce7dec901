using System.Text.Json;
using Lab.Harness.Archive;
using Lab.Harness.Reports;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

public sealed class ReportWriterTests : IDisposable
{
    private static readonly string[] Files = ["index.html", "report.md", "results.csv", "results.json"];

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"lab-report-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task It_writes_four_files_and_leaves_nothing_else()
    {
        await ReportWriter.WriteAsync(SampleResults.Quick(), _folder, CancellationToken.None);

        Assert.Equal(Files, Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.StartsWith("<!DOCTYPE html>", (await File.ReadAllTextAsync(Path.Combine(_folder, "index.html"))).TrimStart(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reports_can_be_made_again_from_the_archive_alone()
    {
        await ReportWriter.WriteAsync(SampleResults.Full(), _folder, CancellationToken.None);
        var before = await ContentsAsync();
        foreach (var file in Files.Where(file => file != ReportWriter.JsonFile))
        {
            await File.WriteAllTextAsync(Path.Combine(_folder, file), "old");
        }

        await ReportWriter.RewriteAsync(_folder, CancellationToken.None);

        Assert.Equal(before, await ContentsAsync());
    }

    [Fact]
    public async Task The_archive_keeps_every_field()
    {
        var results = SampleResults.Full();
        await ReportWriter.WriteAsync(results, _folder, CancellationToken.None);

        var read = ResultsJson.Deserialize(await File.ReadAllTextAsync(Path.Combine(_folder, "results.json")));

        Assert.Equal(ResultsJson.Serialize(results), ResultsJson.Serialize(read));
        Assert.Equal(results.Cells[13].VerdictReason, read.Cells[13].VerdictReason);
        Assert.Equal(10L, read.Cells[4].Factors["sellers"]);
        Assert.Null(read.Cells[47].Latency);
    }

    [Fact]
    public async Task A_folder_without_an_archive_or_with_a_broken_one_is_refused()
    {
        Directory.CreateDirectory(_folder);
        await Assert.ThrowsAsync<FileNotFoundException>(() => ReportWriter.RewriteAsync(_folder, CancellationToken.None));

        await File.WriteAllTextAsync(Path.Combine(_folder, "results.json"), "{ \"schema\": 1 }");
        await Assert.ThrowsAsync<JsonException>(() => ReportWriter.RewriteAsync(_folder, CancellationToken.None));
    }

    [Fact]
    public async Task A_cancelled_writer_leaves_no_half_written_file()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ReportWriter.WriteAsync(SampleResults.OneCell(), _folder, cancelled.Token));

        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    private async Task<Dictionary<string, string>> ContentsAsync()
    {
        var contents = new Dictionary<string, string>();
        foreach (var file in Files)
        {
            contents[file] = await File.ReadAllTextAsync(Path.Combine(_folder, file));
        }

        return contents;
    }
}
