using Lab.LocalHost;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Integration.Marketplace;
using Lab.Topology.Systems;
using Microsoft.Playwright;

namespace Lab.Tests.Integration.Telemetry;

/// <summary>What the database driver itself tells, beside what the lab tells of it.</summary>
[Collection(DashboardTestsCollection.Name)]
public sealed class DriverTelemetryTests(ImpatientDashboardLab lab) : IClassFixture<ImpatientDashboardLab>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Spans arrive in the order in which they ended: those of untraced requests would be there before the traced one's.</summary>
    [Fact]
    public async Task What_the_driver_does_for_a_traced_request_stands_below_its_database_span_and_all_else_is_left_out()
    {
        _ = lab.Dashboard;
        await lab.SetFactorsAsync(MarketplaceTopology.SellerServer, ("tracing", "none"));
        await using var seller = await lab.NewSellerAsync();
        await seller.RegisterItemAsync(StoryTests.Salt(1, 41, StoryTests.NewKeyword()), Token);
        await lab.SetFactorsAsync(MarketplaceTopology.SellerServer, ("tracing", "all"));
        await seller.RegisterItemAsync(StoryTests.Salt(1, 42, StoryTests.NewKeyword()), Token);

        var spans = await lab.SpansAsync(span => span.Service == MarketplaceTopology.SellerServer, 8, Token);
        Assert.Equal(
            ["Execute", "mysql commit", "mysql execute", "parse", "queue", "redis session", "register_item_for_sale", "write"],
            spans.Select(span => span.Name).Order(StringComparer.Ordinal));
        Assert.Single(spans.Select(span => span.TraceId).Distinct(StringComparer.Ordinal));
        var driver = spans.Single(span => span.Name == "Execute");
        Assert.Equal(spans.Single(span => span.Name == "mysql execute").SpanId, driver.Parent);
    }

    [Fact]
    public async Task The_metrics_page_shows_the_drivers_pool()
    {
        var url = lab.Dashboard.Url;
        await using var browsers = await Browsers.OpenAsync();
        await using var buyer = await lab.NewBuyerAsync();

        var page = await browsers.Browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1400, Height = 900 } });
        await page.GotoAsync($"{url}metrics/resource/{MarketplaceTopology.BuyerServer}");
        await page.GetByTitle("db.client.connections.usage").First.ClickAsync();
        await page.GetByText("The number of connections that are currently in the state").First.WaitForAsync();
        if (Environment.GetEnvironmentVariable("LAB_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "metrics.png") });
        }
    }
}

/// <summary>Its services send their metrics every second, and not every minute.</summary>
public sealed class ImpatientDashboardLab : DashboardLab
{
    protected override LocalLabOptions Options(string stateFolder) => base.Options(stateFolder) with
    {
        Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000" },
    };
}
