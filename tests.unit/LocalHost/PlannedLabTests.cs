using Lab.LocalHost;
using Lab.Topology;
using Lab.Topology.Systems;

namespace Lab.Tests.Unit.LocalHost;

/// <summary>What another runner is told of the topology: it starts nothing here.</summary>
public class PlannedLabTests
{
    private static readonly LabTopology Topology = LabTopology.Complete();
    private static readonly LabSecrets Secrets = new("the-token", "mysql-secret", "redis-secret");

    [Fact]
    public void A_service_is_told_where_it_listens_what_it_needs_and_who_may_steer_it()
    {
        var lab = Plan(Options());
        var seller = lab.Process(Topology.Services.First(service => service.Name == MarketplaceTopology.SellerServer));
        var where = lab.Endpoints.Services[MarketplaceTopology.SellerServer];
        Assert.Equal(where.Endpoints[MarketplaceTopology.ClientEndpoint], seller.Environment["Marketplace__Listen"]);
        Assert.Equal(where.Admin, new Uri(seller.Environment["Service__AdminUrl"]));
        Assert.Equal("the-token", seller.Environment["Service__AdminToken"]);
        Assert.Equal(lab.Endpoints.Databases[MarketplaceTopology.Database], seller.Environment["ConnectionStrings__mysql"]);
        Assert.Equal(lab.Connection(MarketplaceTopology.Cache), seller.Environment["ConnectionStrings__redis"]);
        Assert.Equal(["serve", "seller"], seller.Arguments.Skip(1));
        Assert.DoesNotContain(seller.Arguments, argument => argument.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Links_lead_to_services_and_databases()
    {
        var lab = Plan(Options());
        Assert.Equal(
            lab.Endpoints.Services[MarketplaceTopology.SellerServer].Endpoints[MarketplaceTopology.ClientEndpoint],
            lab.Upstream(Topology.Links.First(link => link.Name == MarketplaceTopology.SellerLink)));
        Assert.Equal(lab.Server(MarketplaceTopology.Database)!.Address, lab.Upstream(Topology.Links.First(link => link.Class == LinkSpec.ServerDatabase)));
    }

    [Fact]
    public void Every_address_is_there_once()
    {
        var endpoints = Plan(Options()).Endpoints;
        var addresses = endpoints.Services.Values.SelectMany(service => service.Endpoints.Values.Append(service.Admin.Authority)).Concat(endpoints.Links.Values).ToList();
        Assert.Equal(addresses.Count, addresses.Distinct().Count());
    }

    [Fact]
    public void Databases_in_containers_are_reached_as_root_and_not_started_here()
    {
        var lab = Plan(Options(), inContainers: true);
        Assert.Empty(lab.LocalServers);
        Assert.Null(lab.Server(MarketplaceTopology.Database));
        var connection = lab.Endpoints.Databases[MarketplaceTopology.Database];
        Assert.Contains("User ID=root", connection, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(FormattableString.Invariant($"Port={lab.Port(MarketplaceTopology.Database)}"), connection, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Databases_of_somebody_else_stay_his()
    {
        var lab = Plan(Options() with { ExternalMySql = "Server=10.0.0.5;User ID=lab;Password=theirs", ExternalRedis = "10.0.0.6:6379" });
        Assert.Empty(lab.LocalServers);
        Assert.Equal("10.0.0.6:6379", lab.Connection(MarketplaceTopology.Cache));
        Assert.Equal("10.0.0.5:3306", lab.Upstream(Topology.Links.First(link => link.Class == LinkSpec.ServerDatabase)));
        var through = lab.Process(Topology.Services.First(service => service.Name == MarketplaceTopology.SellerServer)).Environment["ConnectionStrings__mysql_link"];
        Assert.Contains("Password=theirs", through, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("10.0.0.5", through, StringComparison.Ordinal);
    }

    private static LocalLabOptions Options() => new()
    {
        StateFolder = Path.Combine(Path.GetTempPath(), "lab-never-made"),
        ExternalMySql = null,
        ExternalRedis = null,
    };

    private static PlannedLab Plan(LocalLabOptions options, bool inContainers = false) => new(Topology, options, Secrets, inContainers);
}
