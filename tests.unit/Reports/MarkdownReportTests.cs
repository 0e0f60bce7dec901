using Lab.Harness.Archive;
using Lab.Harness.Reports;
using Lab.Tests.Samples;

namespace Lab.Tests.Unit.Reports;

public sealed class MarkdownReportTests
{
    [Fact]
    public void It_tells_the_same_facts_as_the_page()
    {
        var model = ReportModel.Of(SampleResults.Full());
        var text = MarkdownReport.Render(model);

        Assert.StartsWith("# Marketplace: the published experiments\n", text, StringComparison.Ordinal);
        Assert.Contains("**❌ Not passed.** The verdict is true in 62 of 65 cells", text, StringComparison.Ordinal);
        foreach (var conclusion in model.Experiments[0].Groups.SelectMany(group => group.Conclusions))
        {
            Assert.Contains(MarkdownReport.Escape(conclusion.Text), text, StringComparison.Ordinal);
        }

        foreach (var claim in model.Experiments[0].Claims.SelectMany(tested => tested.Claims))
        {
            Assert.Contains(MarkdownReport.Escape(claim.Text), text, StringComparison.Ordinal);
        }

        Assert.Contains("### Many items", text, StringComparison.Ordinal);
        Assert.Contains("## The machine's own limits", text, StringComparison.Ordinal);
        Assert.Contains("timeout 30, unavailable 7 | 37 |", text, StringComparison.Ordinal);
        Assert.Contains("measured by the report's authors on another machine", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("one")]
    [InlineData("empty")]
    [InlineData("hostile")]
    public void Every_row_of_a_table_has_as_many_fields_as_its_header(string which)
    {
        var lines = MarkdownReport.Render(ReportModel.Of(which switch
        {
            "full" => SampleResults.Full(),
            "one" => SampleResults.OneCell(),
            "empty" => SampleResults.Empty(),
            _ => HostileResults.Of(),
        })).Split('\n');

        var tables = 0;
        for (var index = 0; index < lines.Length; index++)
        {
            if (lines[index].StartsWith("| ---", StringComparison.Ordinal))
            {
                tables++;
                var header = Fields(lines[index - 1]);
                for (var row = index; row < lines.Length && lines[row].StartsWith('|'); row++)
                {
                    Assert.Equal(header, Fields(lines[row]));
                }
            }
        }

        Assert.True(tables > 0);
    }

    [Fact]
    public void Hostile_text_stays_text()
    {
        var text = MarkdownReport.Render(ReportModel.Of(HostileResults.Of()));

        Assert.DoesNotContain("<script", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\n# h", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[l](", text, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_passed_run_says_so() =>
        Assert.Contains("**✅ Passed.**", MarkdownReport.Render(ReportModel.Of(SampleResults.Quick())), StringComparison.Ordinal);

    [Fact]
    public void A_cell_without_figures_has_dashes()
    {
        var cell = TestCells.At(1, 1, 1).WithoutFigures() with { Verdict = Verdict.Unknown, VerdictReason = "nothing answered" };
        var text = MarkdownReport.Render(ReportModel.Of(TestCells.Results(TestCells.At(10, 5, 5), cell)));

        Assert.Contains("| search\\_items | 1+1 | – | – | – | – | ? unknown | no figures |", text, StringComparison.Ordinal);
    }

    // A bar counts unless it is escaped.
    private static int Fields(string line) => line.Replace("\\|", "", StringComparison.Ordinal).Count(character => character == '|');
}
