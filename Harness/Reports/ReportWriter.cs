using System.Text;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>Writes all reports of a run; from the results alone, so they can be written again at any time.</summary>
public static class ReportWriter
{
    public const string HtmlFile = "index.html";
    public const string MarkdownFile = "report.md";
    public const string CsvFile = "results.csv";
    public const string JsonFile = "results.json";

    /// <summary>All that is made from the archive.</summary>
    public static IReadOnlyList<string> MadeFiles { get; } = [HtmlFile, MarkdownFile, CsvFile];

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>
    /// Writes <c>index.html</c>, <c>report.md</c>, <c>results.csv</c> and <c>results.json</c>. Files that exist are replaced
    /// whole: a reader never sees half of one.
    /// </summary>
    /// <param name="results">What was measured.</param>
    /// <param name="folder">Created where it is missing.</param>
    /// <param name="cancellationToken">Stops between files.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static async Task WriteAsync(RunResults results, string folder, CancellationToken cancellationToken)
    {
        // The archive first: whatever happens to the reports, they can be made from it.
        await SaveAsync(results, folder, cancellationToken);
        await ReplaceAsync(Path.Combine(folder, CsvFile), CsvReport.Render(results), cancellationToken);
        var model = ReportModel.Of(results);
        await ReplaceAsync(Path.Combine(folder, MarkdownFile), MarkdownReport.Render(model), cancellationToken);
        var html = await HtmlReport.RenderAsync(model, cancellationToken);
        await ReplaceAsync(Path.Combine(folder, HtmlFile), html, cancellationToken);
    }

    /// <summary>Writes the archive alone, <c>results.json</c>: replaced whole, too.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static async Task SaveAsync(RunResults results, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await ReplaceAsync(Path.Combine(folder, JsonFile), ResultsJson.Serialize(results), cancellationToken);
    }

    /// <summary>Writes the reports of an archived run again, from its <c>results.json</c>.</summary>
    /// <exception cref="FileNotFoundException">The folder has no <c>results.json</c>.</exception>
    /// <exception cref="System.Text.Json.JsonException">It is not the results of a run.</exception>
    public static async Task RewriteAsync(string folder, CancellationToken cancellationToken)
    {
        var json = await File.ReadAllTextAsync(Path.Combine(folder, JsonFile), cancellationToken);
        await WriteAsync(ResultsJson.Deserialize(json), folder, cancellationToken);
    }

    private static async Task ReplaceAsync(string path, string content, CancellationToken cancellationToken)
    {
        var temporary = path + ".tmp";
        try
        {
            await File.WriteAllTextAsync(temporary, content, Utf8, cancellationToken);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
