using Aspire.Hosting.ApplicationModel;
using Dapper;
using Lab.FaultProxy.Client;
using Lab.Harness.Archive;
using Lab.Harness.Commands;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.Marketplace;
using Lab.Marketplace.Client;
using Lab.Storage.MySql;
using Lab.Tests.Integration.Containers;
using Lab.Tests.Integration.Labs;
using Lab.Tests.Integration.Marketplace;
using Lab.Topology;
using Lab.Topology.Systems;
using Microsoft.Playwright;

namespace Lab.Tests.Integration.AppHost;

/// <summary>The lab under Aspire's own orchestrator.</summary>
[Collection(AspireTestsCollection.Name)]
public sealed class AspireTests
{
    private const string Password = "password of a test";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_whole_lab_becomes_healthy_and_the_dashboard_shows_it_and_the_trace_of_a_request()
    {
        await using var browsers = await Browsers.OpenAsync();
        await using var app = await AspireApp.StartAsync(dashboard: true, "--databases", "local");
        await using var lab = await app.HarnessLabAsync();
        await app.SetFactorAsync(lab.Endpoints, MarketplaceTopology.SellerServer, "tracing", "all");
        await RegisterAsync(app);

        // Rows below the window's end are not made.
        var page = await browsers.Browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1500, Height = 2000 } });
        await page.GotoAsync(app.Login.ToString());
        foreach (var name in app.Resources.Where(resource => resource is not ParameterResource).Select(resource => resource.Name))
        {
            await Assertions.Expect(page.GetByText(name, new PageGetByTextOptions { Exact = true }).First).ToBeVisibleAsync(Waiting);
        }

        await page.GotoAsync(new Uri(app.Login, "/traces/resource/seller-server").ToString());
        await page.GetByText("seller-server: register_item_for_sale").First.ClickAsync(new LocatorClickOptions { Timeout = (float)Patience.TotalMilliseconds });
        await Assertions.Expect(page.GetByText("mysql commit").First).ToBeVisibleAsync(Waiting);
    }

    [Fact]
    public async Task Systems_keep_their_tables_in_the_schemas_that_the_model_names_and_a_cell_keeps_its_invariants()
    {
        await using var app = await AspireApp.StartAsync(dashboard: false, "--databases", "local", "--experiment", "marketplace");
        await using var lab = await app.HarnessLabAsync();
        var topology = LabTopology.For([MarketplaceTopology.Name, CalibrationTopology.Name]);
        using (var connection = MySqlDriver.Open(lab.Endpoints.Databases[MarketplaceTopology.Database]))
        {
            Assert.Equal(
                topology.Schemas.Select(schema => schema.Name).Order(StringComparer.Ordinal),
                (await connection.QueryAsync<string>("SHOW DATABASES LIKE 'lab\\_%'")).Order(StringComparer.Ordinal));
        }

        var folder = ExperimentFolder.Load(LabFolders.Experiments);
        var cell = new Planner(folder.Catalog).Plan(folder.Experiments, ["marketplace"], "quick").Cells
            .First(cell => cell.Operation == "get_seller_rating" && cell.Word("deployment", "local") == "local") with
        { Iterations = 1, OperationsPerClient = 10 };
        using var control = new LabControl(topology, lab.Endpoints, folder.Deployments);
        var runner = new ExperimentRunner([new MarketplaceScenario(control, 1)], lab.ProcessIds, _ => { });
        await runner.RunAsync(new Plan("quick", [cell]), Token);
        var result = Assert.Single(runner.Results);
        Assert.True(result.Verdict == Verdict.True, result.VerdictReason);
        Assert.Equal(0, result.Errors.Total);
        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal) { "seller-server", "buyer-server", "mysql", "redis", "fault-proxy" },
            result.Processes.Select(process => process.Name).ToHashSet(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Latency_is_injected_and_healed_by_buttons_and_clicking_twice_changes_nothing()
    {
        await using var app = await AspireApp.StartAsync(dashboard: false, "--databases", "local", "--experiment", "marketplace");
        await using var lab = await app.HarnessLabAsync();
        using var proxies = new ToxiproxyClient(lab.Endpoints.FaultProxyApi);
        await ClickAsync(app, "inject-latency");
        await ClickAsync(app, "inject-latency");
        var toxic = Assert.Single((await proxies.GetProxyAsync(MarketplaceTopology.SellerLink, Token)).Toxics);
        Assert.Equal("injected", toxic.Name);
        await ClickAsync(app, "heal");
        Assert.Empty((await proxies.GetProxyAsync(MarketplaceTopology.SellerLink, Token)).Toxics);
    }

    [Fact]
    public async Task A_service_that_is_restarted_or_crashes_comes_back_as_another_process()
    {
        var service = EchoTopology.Server(EchoTopology.Epoll);
        await using var app = await AspireApp.StartAsync(dashboard: false, "--experiment", "echo");
        await using var lab = await app.HarnessLabAsync();
        using var control = new LabControl(LabTopology.For([EchoTopology.Name]), lab.Endpoints, null!);
        var first = lab.ProcessIds()[service];
        await control.RestartAsync(service, lab.ProcessIds, Token);
        var second = lab.ProcessIds()[service];
        Assert.NotEqual(first, second);

        await app.Application.ResourceCommands.ExecuteCommandAsync(service, "crash", Token);
        await Eventually.TrueAsync(() => lab.ProcessIds().GetValueOrDefault(service, second) != second, $"{service} is not started again");
    }

    [Fact]
    public async Task With_databases_in_containers_everything_becomes_healthy_and_the_marketplace_works()
    {
        await Engine.NeededAsync();
        await using var app = await AspireApp.StartAsync(dashboard: false, "--databases", "containers", "--experiment", "marketplace");
        Assert.IsAssignableFrom<ContainerResource>(app.Resources.Single(resource => resource.Name == MarketplaceTopology.Database));
        Assert.IsAssignableFrom<ContainerResource>(app.Resources.Single(resource => resource.Name == MarketplaceTopology.Cache));
        await RegisterAsync(app);
    }

    private static async Task ClickAsync(AspireApp app, string command)
    {
        var result = await app.Application.ResourceCommands.ExecuteCommandAsync(FaultProxyTopology.Name, command, Token);
        Assert.True(result.Success, result.Message);
    }

    /// <summary>At the endpoint that the resource has.</summary>
    private static async Task RegisterAsync(AspireApp app)
    {
        await using var seller = new SellerClient(app.Clients(MarketplaceTopology.SellerServer));
        await seller.CreateAccountAsync("ann", Password, Token);
        await seller.LoginAsync("ann", Password, Token);
        var id = await seller.RegisterItemAsync(StoryTests.Salt(), Token);
        Assert.Contains(await seller.DisplayItemsAsync(Token), item => item.Id == id);
    }

    private static LocatorAssertionsToBeVisibleOptions Waiting => new() { Timeout = (float)Patience.TotalMilliseconds };
}

/// <summary>Labs under Aspire come one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class AspireTestsCollection
{
    public const string Name = "aspire";
}
