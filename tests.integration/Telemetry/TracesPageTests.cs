using Lab.Tests.Integration.Labs;
using Lab.Tests.Integration.Marketplace;
using Microsoft.Playwright;

namespace Lab.Tests.Integration.Telemetry;

/// <summary>The dashboard's page of traces in a real browser; it shows only some rows, so this dashboard gets few traces.</summary>
[Collection(DashboardTestsCollection.Name)]
public sealed class TracesPageTests(FreshDashboardLab lab) : IClassFixture<FreshDashboardLab>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_traces_page_shows_a_registration_with_its_database_span()
    {
        var url = lab.Dashboard.Url;
        await using var browsers = await Browsers.OpenAsync();
        await using var seller = await lab.NewSellerAsync();
        await seller.RegisterItemAsync(StoryTests.Salt(1, 41, StoryTests.NewKeyword()), Token);
        await lab.SpansAsync(span => span.Name == "register_item_for_sale", 1, Token);

        var page = await browsers.Browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1400, Height = 900 } });
        await page.GotoAsync($"{url}traces");
        await page.GetByText("seller-server: register_item_for_sale").First.ClickAsync();
        await page.GetByText("mysql commit").First.WaitForAsync();
        await page.GetByText("mysql execute").First.WaitForAsync();
        await page.GetByText("redis session").First.WaitForAsync();
        if (Environment.GetEnvironmentVariable("LAB_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "trace.png") });
        }
    }
}
