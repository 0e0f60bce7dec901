using System.Globalization;
using CsvHelper;
using Lab.Harness.Experiments;
using Lab.Harness.Systems.Echo.Connections;

namespace Lab.Harness.Systems.Echo;

/// <summary>The figures of every connection of a cell's last iteration, one row each: <c>connections/CELL.csv</c> beside the report.</summary>
internal static class ConnectionsCsv
{
    public const string Folder = "connections";

    private static readonly string[] Columns =
        ["connection", "address", "requests", "bytes", "total_duration_s", "average_response_s"];

    /// <exception cref="IOException">The file cannot be written.</exception>
    public static async Task WriteAsync(
        string reportFolder, Cell cell, IReadOnlyList<ConnectionRecord> connections, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(reportFolder, Folder);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, FileName(cell)), Render(connections), cancellationToken);
    }

    /// <summary>The same cell may stand in several groups.</summary>
    public static string FileName(Cell cell)
    {
        var words = cell.Factors.SelectMany(factor => new[] { factor.Key, Convert.ToString(factor.Value, CultureInfo.InvariantCulture)! });
        var name = string.Join('-', words.Prepend(cell.Operation).Prepend(cell.Group));
        return string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' ? letter : '_')) + ".csv";
    }

    public static string Render(IReadOnlyList<ConnectionRecord> connections)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var writer = CsvWriter.Create(text, CsvWriterOptions.Default with { NewLine = "\n" }, leaveOpen: true))
        {
            writer.WriteHeader(Columns);
            foreach (var connection in connections)
            {
                writer.WriteField(connection.Number);
                writer.WriteField(connection.Address);
                writer.WriteField(connection.Requests);
                writer.WriteField(connection.Bytes);
                writer.WriteField(connection.DurationS);
                writer.WriteField(connection.AverageResponseS);
                writer.EndRecord();
            }
        }

        return text.ToString();
    }
}
