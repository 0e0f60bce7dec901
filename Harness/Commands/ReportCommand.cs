using System.CommandLine;
using System.Text.Json;
using Lab.Harness.Reports;

namespace Lab.Harness.Commands;

/// <summary><c>lab report</c>: the reports of an archived run, once more.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "Of a run, with its results.json." };
        var command = new Command("report", """
            Makes the reports of a run from its results.json: after it was cut off, or with a newer lab. Nothing is measured.

            Example:
              ./lab report reports/20260131-154500-quick
            """) { folder };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var path = arguments.GetRequiredValue(folder).FullName;
            try
            {
                await ReportWriter.RewriteAsync(path, cancellationToken);
            }
            catch (Exception exception) when (RunArchive.IsOfDisk(exception) || exception is JsonException)
            {
                throw new ReportFolderException($"no report can be made in {LabFolders.Show(path)}: {exception.Message}", exception);
            }

            Console.WriteLine($"report: {LabFolders.Show(Path.Combine(path, ReportWriter.HtmlFile))}");
            return ExitCodes.Ok;
        });
        return command;
    }
}
