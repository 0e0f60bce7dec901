using System.Globalization;
using System.Net.Http.Headers;
using Lab.LocalHost;
using Lab.Marketplace.Client;
using Lab.Tests.Integration.Marketplace;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Containers;

/// <summary>The marketplace works in containers, survives what their engine can do to it, and is confined.</summary>
[Collection(ContainedLabTests.Name)]
public sealed class ContainerTests(ContainedLab lab)
{
    private static readonly MarketplaceClientOptions Impatient = new() { RetryFor = TimeSpan.Zero, ConnectTimeout = TimeSpan.FromSeconds(1), ReplyTimeout = TimeSpan.FromSeconds(1) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sellers_and_buyers_meet_across_containers_with_addresses_of_their_own()
    {
        await Engine.NeededAsync();
        await BuyAndSellAsync();
        var services = lab.Lab.Endpoints.Services;
        Assert.Equal(services.Count, services.Values.Select(service => service.Admin.Host).Distinct(StringComparer.Ordinal).Count());
        Assert.All(services.Values, service => Assert.StartsWith("10.", service.Admin.Host, StringComparison.Ordinal));
        Assert.StartsWith("container (docker", lab.Lab.Isolation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_container_comes_back_at_its_address()
    {
        await Engine.NeededAsync();
        var (address, before) = (lab.Server(MarketplaceTopology.SellerServer), lab.Lab.ProcessIds()[MarketplaceTopology.SellerServer]);
        await RestartedAsync(MarketplaceTopology.SellerServer, () => lab.Lab.KillAsync(MarketplaceTopology.SellerServer, Token));
        Assert.Equal(address, lab.Server(MarketplaceTopology.SellerServer));
        Assert.NotEqual(before, lab.Lab.ProcessIds()[MarketplaceTopology.SellerServer]);
        Assert.Contains(lab.Events, change => change is { Resource: MarketplaceTopology.SellerServer, State: ResourceState.Crashed } && change.Detail.StartsWith("exit code 137", StringComparison.Ordinal));
        await BuyAndSellAsync();
    }

    [Fact]
    public async Task A_service_can_crash_itself_inside_its_container()
    {
        await Engine.NeededAsync();
        await RestartedAsync(MarketplaceTopology.BuyerServer, async () =>
        {
            using var http = new HttpClient();
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", lab.Lab.Endpoints.AdminToken);
            await Assert.ThrowsAsync<HttpRequestException>(() =>
                http.PostAsync(new Uri(lab.Lab.Endpoints.Services[MarketplaceTopology.BuyerServer].Admin, "/admin/crash"), content: null, Token));
        });
        await BuyAndSellAsync();
    }

    [Fact]
    public async Task The_databases_data_outlives_its_container()
    {
        await Engine.NeededAsync();
        await using var seller = await lab.NewSellerAsync();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(), Token);
        await lab.Lab.KillAsync(MarketplaceTopology.Database, Token);
        await lab.Lab.RestartAsync(MarketplaceTopology.Database, Token);
        // A write on a connection that was used a moment ago would only now find out that its server is another one.
        await Task.Delay(TimeSpan.FromSeconds(1.5), Token);
        Assert.Equal(1, lab.Sql<long>($"SELECT COUNT(*) FROM lab_product.item WHERE serial = {id.Serial}"));
    }

    [Fact]
    public async Task A_paused_container_is_silent_until_it_goes_on()
    {
        await Engine.NeededAsync();
        await using var seller = await lab.NewSellerAsync(options: Impatient);
        await seller.DisplayItemsAsync(Token);
        await lab.Lab.SuspendAsync(MarketplaceTopology.SellerServer, Token);
        Assert.Equal("true", await StateAsync(MarketplaceTopology.SellerServer, "{{.State.Paused}}"));
        await Assert.ThrowsAsync<TimeoutException>(() => seller.DisplayItemsAsync(Token));
        await lab.Lab.ResumeAsync(MarketplaceTopology.SellerServer, Token);
        Assert.Equal("false", await StateAsync(MarketplaceTopology.SellerServer, "{{.State.Paused}}"));
        await BuyAndSellAsync();
    }

    [Fact]
    public async Task A_disconnected_container_cannot_be_reached_and_a_reconnected_one_is_where_it_was()
    {
        await Engine.NeededAsync();
        var pid = lab.Lab.ProcessIds()[MarketplaceTopology.SellerServer];
        await using var seller = await lab.NewSellerAsync(options: Impatient);
        await lab.Lab.DisconnectAsync(MarketplaceTopology.SellerServer, Token);
        await Assert.ThrowsAsync<TimeoutException>(() => seller.DisplayItemsAsync(Token));
        Assert.Equal("true", await StateAsync(MarketplaceTopology.SellerServer, "{{.State.Running}}"));
        await lab.Lab.ReconnectAsync(MarketplaceTopology.SellerServer, Token);
        await BuyAndSellAsync();
        Assert.Equal(pid, lab.Lab.ProcessIds()[MarketplaceTopology.SellerServer]);
    }

    [Fact]
    public async Task Limits_hold_at_once_and_after_a_crash_until_they_are_lifted()
    {
        await Engine.NeededAsync();
        var unlimited = await LimitsInsideAsync();
        await lab.Lab.LimitAsync(MarketplaceTopology.SellerServer, new ResourceLimits(0.5m, 512), Token);
        Assert.Equal((0.5, 512L << 20), await LimitsInsideAsync());
        await RestartedAsync(MarketplaceTopology.SellerServer, () => lab.Lab.KillAsync(MarketplaceTopology.SellerServer, Token));
        Assert.Equal((0.5, 512L << 20), await LimitsInsideAsync());
        await lab.Lab.LimitAsync(MarketplaceTopology.SellerServer, limits: null, Token);
        var lifted = await LimitsInsideAsync();
        Assert.Null(lifted.Cpus);
        Assert.Null(unlimited.Cpus);
        Assert.True(lifted.MemoryBytes > 1L << 30, $"{lifted.MemoryBytes} bytes are still a limit");
        await BuyAndSellAsync();
    }

    [Fact]
    public async Task Nothing_runs_as_root_or_with_privileges_or_can_write_to_its_image()
    {
        await Engine.NeededAsync();
        var processes = lab.Lab.ProcessIds();
        Assert.Equal(
            new[] { MarketplaceTopology.Database, MarketplaceTopology.Cache, MarketplaceTopology.SellerServer, MarketplaceTopology.BuyerServer, FaultProxyTopology.Name }.Order(StringComparer.Ordinal),
            processes.Keys.Where(name => name != CalibrationTopology.EchoServer).Order(StringComparer.Ordinal));
        foreach (var (resource, pid) in processes)
        {
            var status = File.ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/status")
                .Select(line => line.Split(':', 2)).ToDictionary(field => field[0], field => field[1].Trim(), StringComparer.Ordinal);
            Assert.DoesNotContain("0", status["Uid"].Split('\t'));
            Assert.Equal(0UL, ulong.Parse(status["CapEff"], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.Equal("1", status["NoNewPrivs"]);
            Assert.Equal("true", await StateAsync(resource, "{{.HostConfig.ReadonlyRootfs}}"));
        }

        var (refused, why) = await Engine.InsideAsync(await lab.NameOfAsync(MarketplaceTopology.SellerServer), "touch", "/app/x");
        Assert.True(refused != 0 && why.Contains("Read-only file system", StringComparison.Ordinal), why);
        Assert.Equal(0, (await Engine.InsideAsync(await lab.NameOfAsync(MarketplaceTopology.SellerServer), "touch", "/tmp/x")).ExitCode);
    }

    [Fact]
    public async Task Secrets_stand_on_no_command_line_and_in_files_that_others_cannot_read()
    {
        await Engine.NeededAsync();
        var password = lab.DatabaseConnection.Split("Password=")[1].Split(';')[0];
        var commands = Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)).Select(CommandLine).ToList();
        Assert.Contains(commands, command => command.Contains(lab.State, StringComparison.Ordinal) && command.Contains("--read-only", StringComparison.Ordinal));
        foreach (var secret in new[] { password, lab.Lab.Endpoints.AdminToken })
        {
            Assert.DoesNotContain(commands, command => command.Contains(secret, StringComparison.Ordinal));
            var holding = Directory.GetFiles(lab.State, "*", SearchOption.AllDirectories).Where(file => Contains(file, secret)).ToList();
            Assert.NotEmpty(holding);
            Assert.All(holding, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        }
    }

    [Fact]
    public async Task The_images_health_check_tells_health()
    {
        await Engine.NeededAsync();
        var server = await lab.NameOfAsync(MarketplaceTopology.SellerServer);
        var check = await Engine.RunAsync("image", "inspect", "--format", "{{index .Config.Healthcheck.Test 1}}", await StateAsync(MarketplaceTopology.SellerServer, "{{.Config.Image}}"));
        Assert.Equal(0, (await Engine.InsideAsync(server, check)).ExitCode);
        Assert.NotEqual(0, (await Engine.InsideAsync(server, "env", "Service__AdminUrl=http://127.0.0.1:1", check)).ExitCode);
    }

    private async Task BuyAndSellAsync()
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var keyword = StoryTests.NewKeyword();
        var id = await seller.RegisterItemAsync(StoryTests.Salt(10, 7, keyword), Token);
        Assert.Equal(id, Assert.Single(await buyer.SearchItemsAsync(7, [keyword], Token)).Id);
    }

    private async Task RestartedAsync(string service, Func<Task> end)
    {
        var healthy = lab.Events.Count(IsHealthy);
        await end();
        for (var attempt = 0; attempt < 1200 && lab.Events.Count(IsHealthy) == healthy; attempt++)
        {
            await Task.Delay(50, Token);
        }

        Assert.Equal(healthy + 1, lab.Events.Count(IsHealthy));

        bool IsHealthy(ResourceEvent change) => change.Resource == service && change.State == ResourceState.Healthy;
    }

    private async Task<string> StateAsync(string resource, string format) => await Engine.RunAsync("inspect", "--format", format, await lab.NameOfAsync(resource));

    /// <summary>As the kernel tells them inside the container; processors are null where there is no limit.</summary>
    private async Task<(double? Cpus, long MemoryBytes)> LimitsInsideAsync()
    {
        const string Script = """
            if [ -f /sys/fs/cgroup/cpu.max ]; then cat /sys/fs/cgroup/cpu.max /sys/fs/cgroup/memory.max
            else cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us /sys/fs/cgroup/memory/memory.limit_in_bytes; fi
            """;
        var (exitCode, output) = await Engine.InsideAsync(await lab.NameOfAsync(MarketplaceTopology.SellerServer), "sh", "-c", Script);
        Assert.Equal(0, exitCode);
        var fields = output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var quota = fields[0] is "max" or "-1" ? (double?)null : double.Parse(fields[0], CultureInfo.InvariantCulture);
        return (quota / double.Parse(fields[1], CultureInfo.InvariantCulture), fields[2] == "max" ? long.MaxValue : long.Parse(fields[2], CultureInfo.InvariantCulture));
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return "";
        }
    }

    private static bool Contains(string file, string secret)
    {
        try
        {
            return File.ReadAllText(file).Contains(secret, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // Somebody holds it: the lab's lock.
            return false;
        }
    }
}
