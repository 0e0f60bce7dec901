using Lab.Harness.Reports;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Samples;
using Microsoft.Playwright;

namespace Lab.Tests.Integration.Reports;

/// <summary>The report in a real browser, opened from disk as a reader opens it.</summary>
public sealed class ReportInBrowserTests : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"lab-browser-{Guid.NewGuid():N}");
    private Browsers? _browsers;

    private string Address => new Uri(Path.Combine(_folder, ReportWriter.HtmlFile)).AbsoluteUri;

    private IBrowser Browser => _browsers?.Browser ?? throw new InvalidOperationException("the browser was not started");

    public async ValueTask InitializeAsync()
    {
        _browsers = await Browsers.OpenAsync();
        await ReportWriter.WriteAsync(SampleResults.Full(), _folder, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browsers is not null)
        {
            await _browsers.DisposeAsync();
        }

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task It_opens_from_disk_without_any_other_request_and_without_complaints()
    {
        var page = await Browser.NewPageAsync();
        var requests = new List<string>();
        var complaints = new List<string>();
        page.Request += (_, request) => requests.Add(request.Url);
        page.Console += (_, message) => complaints.Add(message.Text);
        page.PageError += (_, error) => complaints.Add(error);

        await page.GotoAsync(Address);
        await page.EvaluateAsync("window.scrollTo(0, document.body.scrollHeight)");

        Assert.Equal([Address], requests.Where(request => !request.StartsWith("data:", StringComparison.Ordinal)));
        Assert.Empty(complaints);
        Assert.Equal("Marketplace: the published experiments", await page.Locator("h1").InnerTextAsync());
        Assert.True(await page.Locator("svg.plot").CountAsync() > 20);
    }

    [Theory]
    [InlineData(375)]
    [InlineData(768)]
    [InlineData(1280)]
    public async Task The_page_never_scrolls_sideways(int width)
    {
        var page = await Browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = 800 } });
        await page.GotoAsync(Address);
        await page.EvaluateAsync("document.querySelectorAll('details').forEach(details => details.open = true)");

        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task A_wide_table_scrolls_within_itself_on_a_phone_and_keeps_its_row_headings_in_view()
    {
        var page = await Browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 375, Height = 800 } });
        await page.GotoAsync(Address);
        var table = page.Locator(".scroll").First;

        Assert.True(await table.EvaluateAsync<bool>("scroll => scroll.scrollWidth > scroll.clientWidth"));
        await table.EvaluateAsync("scroll => scroll.scrollLeft = scroll.scrollWidth");
        Assert.InRange(await table.EvaluateAsync<double>("scroll => scroll.querySelector('tbody th[scope=row]').getBoundingClientRect().left"), 0, 40);
    }

    [Fact]
    public async Task Dark_mode_changes_page_and_plots()
    {
        var light = await ColoursAsync(ColorScheme.Light);
        var dark = await ColoursAsync(ColorScheme.Dark);

        Assert.NotEqual(light.Page, dark.Page);
        Assert.NotEqual(light.Line, dark.Line);
        Assert.True(Brightness(light.Page) > 200);
        Assert.True(Brightness(dark.Page) < 60);
    }

    [Fact]
    public async Task On_paper_it_is_light_complete_and_not_cut_off()
    {
        // A4 at 96 dpi without the margins that the style sheet asks for.
        var page = await Browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 703, Height = 1017 } });
        await page.GotoAsync(Address);
        var detail = page.Locator("details.environment td").First;
        Assert.False(await IsShownAsync(detail));

        await page.EmulateMediaAsync(new PageEmulateMediaOptions { Media = Media.Print, ColorScheme = ColorScheme.Dark });

        Assert.True(await IsShownAsync(detail));
        Assert.True(Brightness(await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor")) > 200);
        Assert.Equal(703, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        var pdf = await page.PdfAsync(new PagePdfOptions { PreferCSSPageSize = true });
        Assert.Equal("%PDF"u8.ToArray(), pdf.Take(4));
    }

    [Fact]
    public async Task Every_plot_has_a_name_for_assistive_technology()
    {
        var page = await Browser.NewPageAsync();
        await page.GotoAsync(Address);

        var plots = page.GetByRole(AriaRole.Img);
        var names = await plots.EvaluateAllAsync<string[]>(
            "plots => plots.map(plot => plot.getAttribute('aria-labelledby').split(' ').map(id => document.getElementById(id).textContent).join(' '))");

        Assert.Equal(await page.Locator("svg.plot").CountAsync(), names.Length);
        Assert.All(names, name => Assert.True(name.Trim().Length > 20));
    }

    private static Task<bool> IsShownAsync(ILocator element) => element.EvaluateAsync<bool>("element => element.checkVisibility()");

    private async Task<(string Page, string Line)> ColoursAsync(ColorScheme scheme)
    {
        var page = await Browser.NewPageAsync(new BrowserNewPageOptions { ColorScheme = scheme });
        await page.GotoAsync(Address);
        return (
            await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"),
            await page.EvaluateAsync<string>("getComputedStyle(document.querySelector('.plot .line.s0')).stroke"));
    }

    // Mean of the channels of "rgb(252, 252, 250)".
    private static double Brightness(string rgb) =>
        rgb[(rgb.IndexOf('(', StringComparison.Ordinal) + 1)..].TrimEnd(')').Split(',').Take(3)
            .Average(channel => double.Parse(channel, System.Globalization.CultureInfo.InvariantCulture));
}
