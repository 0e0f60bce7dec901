using Lab.Harness.Reports.Html;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Harness.Reports;

/// <summary>The report as one self-contained HTML document: Razor components rendered to static text.</summary>
public static class HtmlReport
{
    private const string StyleSheet = "Lab.Harness.Reports.Html.report.css";

    public static async Task<string> RenderAsync(ReportModel model, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var style = await StyleAsync(cancellationToken);
        await using var services = new ServiceCollection().BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            var page = await renderer.RenderComponentAsync<ReportPage>(ParameterView.FromDictionary(new Dictionary<string, object?>
            {
                [nameof(ReportPage.Model)] = model,
                [nameof(ReportPage.Style)] = style,
            }));
            return page.ToHtmlString();
        });
    }

    private static async Task<string> StyleAsync(CancellationToken cancellationToken)
    {
        await using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream(StyleSheet)
            ?? throw new InvalidOperationException($"{StyleSheet} is not part of this build");
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
