using System.Text;
using Lab.Harness.Analysis;
using Lab.Harness.Archive;

namespace Lab.Harness.Reports;

/// <summary>The report in GitHub-flavoured Markdown: the same facts as the HTML report, without its plots.</summary>
public static class MarkdownReport
{
    public static string Render(ReportModel model)
    {
        var text = new StringBuilder();
        text.Append("# ").AppendLine(Escape(model.Title)).AppendLine();
        text.AppendLine(Escape(string.Join(' ', model.Summary.Sentences))).AppendLine();
        Verdicts(text, model);
        Environment(text, model.Run);
        foreach (var experiment in model.Experiments)
        {
            Experiment(text, experiment);
        }

        if (model.Calibration is { } calibration)
        {
            text.AppendLine("## The machine's own limits").AppendLine();
            text.AppendLine(Escape(CalibrationWords.Introduction)).AppendLine();
            Group(text, calibration);
        }

        return text.ToString().ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
    }

    /// <summary>Plain text as Markdown: nothing in it becomes markup, a table's bar or a line break.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            escaped.Append(character switch
            {
                '\r' or '\n' or '\t' => " ",
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '\\' or '`' or '*' or '_' or '[' or ']' or '|' or '#' or '~' or '!' => $"\\{character}",
                '@' => "&#64;",
                _ => character.ToString(),
            });
        }

        return escaped.ToString();
    }

    private static void Verdicts(StringBuilder text, ReportModel model)
    {
        text.Append("**").Append(model.Summary.Passed ? "✅ Passed." : "❌ Not passed.").Append("** ")
            .AppendLine(Escape(model.Summary.Verdicts())).AppendLine();
        var troubled = model.Results.Cells.Where(cell => cell.Verdict != Verdict.True || cell.Latency is null).ToList();
        if (troubled.Count > 0)
        {
            Table(
                text,
                ["cell", "verdict", "reason"],
                troubled.Select(cell => new[] { model.NameOf(cell), VerdictWord(cell), cell.VerdictReason }),
                figuresFrom: int.MaxValue);
        }
    }

    private static void Environment(StringBuilder text, RunInfo run)
    {
        text.AppendLine("<details><summary>Environment</summary>").AppendLine();
        var rows = new List<string[]>
        {
            new[] { "run", run.Id },
            new[] { "preset", run.Preset },
            new[] { "seed", run.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            new[] { "started", Format.Time(run.StartedAt) },
        };
        rows.AddRange(run.Environment.Concat(run.Packages).Select(entry => new[] { entry.Key, entry.Value }));
        Table(text, ["what", "value"], rows, figuresFrom: int.MaxValue);
        text.AppendLine("</details>").AppendLine();
    }

    private static void Experiment(StringBuilder text, ExperimentView experiment)
    {
        text.Append("## ").AppendLine(Escape(experiment.Info.Title)).AppendLine();
        if (experiment.Info.Summary.Length > 0)
        {
            text.AppendLine(Escape(experiment.Info.Summary)).AppendLine();
        }

        foreach (var tested in experiment.Claims)
        {
            text.AppendLine("### The report's key observations, tested").AppendLine();
            Table(
                text,
                ["the report says", "here", "what this run shows"],
                tested.Claims.Select(claim =>
                    new[] { $"{claim.Number}. {claim.Statement}", ClaimWords.Of(claim.Outcome), claim.Text }),
                figuresFrom: int.MaxValue);
            Paragraph(text, ClaimWords.Untested(tested));
        }

        if (experiment.AcrossGroups.Count > 0)
        {
            text.AppendLine("### Across groups").AppendLine();
            Conclusions(text, experiment.AcrossGroups);
        }

        foreach (var group in experiment.Groups)
        {
            Group(text, group);
        }

        if (experiment.NotMeasured.Count > 0)
        {
            Paragraph(text, $"Not measured in this run: {string.Join(", ", experiment.NotMeasured)}.");
        }

        foreach (var left in experiment.LeftOut)
        {
            Paragraph(text, $"Left out: {left}.");
        }
    }

    private static void Group(StringBuilder text, GroupView group)
    {
        text.Append("### ").AppendLine(Escape(group.Info.Title)).AppendLine();
        if (group.Info.Question.Length > 0)
        {
            text.Append('*').Append(Escape(group.Info.Question)).AppendLine("*").AppendLine();
        }

        Conclusions(text, group.Conclusions);
        Cells(text, group);
        Tables(text, group);
        Errors(text, group);
        Slowest(text, group);
        Processes(text, group);
    }

    private static void Conclusions(StringBuilder text, IReadOnlyList<Conclusion> conclusions)
    {
        foreach (var conclusion in conclusions)
        {
            var severity = conclusion.Severity == Severity.Hint ? "" : $"{conclusion.Severity}: ";
            text.Append("- **").Append(severity).Append(Escape(conclusion.Topic)).Append(".** ")
                .AppendLine(Escape(conclusion.Text));
        }

        text.AppendLine();
    }

    private static void Cells(StringBuilder text, GroupView group)
    {
        var table = CellTable.Of(group);
        if (table.HasPublished)
        {
            Paragraph(text, RunSummary.PublishedNote);
        }

        Paragraph(text, $"{table.Caption} Mean ± half width of the 95 % confidence interval.".TrimStart());
        var header = table.Columns.Select(column => column.Part == TableColumn.Factors
            ? column.Label
            : $"{column.Part} {column.Label}");
        var rows = table.Operations.SelectMany(operation => operation).Select(cell =>
            table.Columns.Select(column => column.Text(cell))
                .Prepend(cell.Operation)
                .Concat([VerdictWord(cell), Notes(cell)])
                .ToArray());
        Table(
            text,
            [.. header.Prepend("operation"), "verdict", "notes"],
            rows,
            figuresFrom: 1 + table.Columns.Count(column => column.Part == TableColumn.Factors));
    }

    private static void Tables(StringBuilder text, GroupView group)
    {
        var explained = "";
        foreach (var table in group.Tables)
        {
            Paragraph(text, table.Explanation == explained ? "" : table.Explanation);
            explained = table.Explanation;
            Paragraph(text, $"{table.Title}:");
            Table(text, table.Columns, table.Rows.Select(row => row.ToArray()), figuresFrom: 0);
        }
    }

    private static void Errors(StringBuilder text, GroupView group)
    {
        var failed = ErrorTable.CellsOf(group);
        Paragraph(text, failed.Count == 0 ? ErrorTable.None : ErrorTable.Note);
        if (failed.Count > 0)
        {
            Table(
                text,
                ErrorTable.Columns,
                failed.Select(cell => ErrorTable.Row(cell).Prepend(group.Layout.CellName(cell)).ToArray()),
                figuresFrom: ErrorTable.FirstFigure);
        }
    }

    private static void Slowest(StringBuilder text, GroupView group)
    {
        if (SlowestRequests.CellsOf(group).Count == 0)
        {
            return;
        }

        text.AppendLine("<details><summary>The slowest requests and their traces</summary>").AppendLine();
        Paragraph(text, SlowestRequests.Explanation(group));
        Table(text, SlowestRequests.Columns, SlowestRequests.Rows(group), SlowestRequests.TextColumns);
        text.AppendLine("</details>").AppendLine();
    }

    private static void Processes(StringBuilder text, GroupView group)
    {
        var table = ProcessTable.Of(group);
        if (table.Cells.Count == 0)
        {
            return;
        }

        text.AppendLine("<details><summary>Processor time per operation and peak memory of each process</summary>").AppendLine();
        Table(
            text,
            [
                "cell",
                .. table.Names.Select(name => $"{name}: time"),
                "all: time",
                .. table.Names.Select(name => $"{name}: memory"),
            ],
            table.Cells.Select(cell => new[] { group.Layout.CellName(cell) }
                .Concat(table.Names.Select(name => ProcessTable.Cpu(cell, name)))
                .Append(ProcessTable.TotalCpu(cell))
                .Concat(table.Names.Select(name => ProcessTable.Memory(cell, name)))
                .ToArray()),
            figuresFrom: 1);
        text.AppendLine("</details>").AppendLine();
    }

    private static void Table(StringBuilder text, IReadOnlyList<string> header, IEnumerable<string[]> rows, int figuresFrom)
    {
        Row(text, header);
        Row(text, [.. header.Select((_, index) => index >= figuresFrom ? "---:" : "---")], escape: false);
        foreach (var row in rows)
        {
            Row(text, row);
        }

        text.AppendLine();
    }

    private static void Row(StringBuilder text, IReadOnlyList<string> fields, bool escape = true) =>
        text.Append("| ").AppendJoin(" | ", fields.Select(field => escape ? Escape(field) : field)).AppendLine(" |");

    private static void Paragraph(StringBuilder text, string content)
    {
        if (content.Length > 0)
        {
            text.AppendLine(Escape(content)).AppendLine();
        }
    }

    private static string VerdictWord(CellResult cell) => cell.Verdict switch
    {
        Verdict.True => "✓ true",
        Verdict.False => "✗ false",
        _ => "? unknown",
    };

    private static string Notes(CellResult cell) => string.Join(", ", new[]
    {
        cell.Noise is { } noise ? $"noisy: {noise}" : "",
        ErrorTable.Failed(cell),
        cell.Errors.Total > 0 ? Format.Count(cell.Errors.Total, "error") : "",
        cell.Latency is null ? "no figures" : "",
    }.Where(note => note.Length > 0));
}
