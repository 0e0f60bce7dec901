using System.Net;
using Lab.LocalHost;
using Lab.LocalHost.Containers;
using Lab.LocalHost.Resources;
using Lab.ServiceDefaults;
using Lab.Topology;

namespace Lab.Tests.Unit.LocalHost;

/// <summary>What containers are started from, without an engine.</summary>
public class ContainerEngineTests
{
    [Fact]
    public void An_engine_describes_itself() => Assert.Equal(
        new EngineState("20.10.24", "1", LimitsCpu: true, LimitsMemory: false, "Debian GNU/Linux 12"),
        EngineState.Parse("""{"ServerVersion":"20.10.24","CgroupVersion":"1","CpuCfsQuota":true,"MemoryLimit":false,"OperatingSystem":"Debian GNU/Linux 12"}"""));

    [Theory]
    [InlineData("")]
    [InlineData("Cannot connect to the Docker daemon")]
    [InlineData("""{"ServerVersion":"","ServerErrors":["Cannot connect to the Docker daemon"]}""")]
    [InlineData("{}")]
    public void What_no_engine_has_said_is_no_engine(string info) => Assert.Null(EngineState.Parse(info));

    [Fact]
    public void Networks_are_private_and_none_of_this_machines_own()
    {
        var subnets = Subnets.Candidates().ToList();

        Assert.NotEmpty(subnets);
        Assert.All(subnets, subnet => Assert.True(ServiceOptions.IsLoopbackOrPrivate(IPAddress.Parse(subnet.Address(0)))));
        Assert.Equal("10.201.7.2", new Subnet("10.201.7").Address(0));
        Assert.Equal("10.201.7.254", new Subnet("10.201.7").Address(252));
        Assert.Throws<LabStartException>(() => new Subnet("10.201.7").Address(253));
    }

    [Fact]
    public void Images_are_those_of_the_topology_and_not_of_what_the_user_brings()
    {
        var topology = LabTopology.For(["marketplace"]);
        var options = new LocalLabOptions { StateFolder = "/nowhere", ExternalMySql = null, ExternalRedis = null };

        Assert.Equal(["mysql", "redis", "Marketplace", "FaultProxy"], ContainerResources.ImagesOf(topology, options));
        Assert.Equal(["redis", "Marketplace", "FaultProxy"], ContainerResources.ImagesOf(topology, options with { ExternalMySql = "Server=10.0.0.5" }));
    }

    [Theory]
    [InlineData("Server=127.0.0.1;Port=3306", null, "LAB_MYSQL")]
    [InlineData("Server=localhost", null, "LAB_MYSQL")]
    [InlineData(null, "127.0.0.1:6379,password=x", "LAB_REDIS")]
    public void A_server_on_loopback_cannot_be_reached_from_containers(string? mySql, string? redis, string variable)
    {
        var options = new LocalLabOptions { StateFolder = "/nowhere", ExternalMySql = mySql, ExternalRedis = redis };

        Assert.Contains(variable, Assert.Throws<LabStartException>(() => ExternalDatabase.RefuseLoopback(options)).Message, StringComparison.Ordinal);
        ExternalDatabase.RefuseLoopback(options with { ExternalMySql = "Server=10.0.0.5;Port=3306", ExternalRedis = "10.0.0.6:6379" });
    }

    [Fact]
    public void Only_servers_that_share_a_port_share_an_address()
    {
        var echo = LabTopology.For(["echo"]).Services;

        Assert.Equal(
            ["echo-shared-2", "echo-shared-3"],
            echo.Where(service => service.SharesAddressOf is not null).Select(service => service.Name));
        Assert.All(echo.Where(service => service.SharesAddressOf is not null), service => Assert.Equal("echo-shared-1", service.SharesAddressOf));
    }

    [Fact]
    public void Kept_secrets_stay_and_others_cannot_read_them()
    {
        var folder = Directory.CreateTempSubdirectory("lab-test-");
        try
        {
            var path = Path.Combine(folder.FullName, "deep", "password");
            var first = Secrets.Kept(path, out var isNew);
            var second = Secrets.Kept(path, out var isNewAgain);

            Assert.Equal((first, true, false), (second, isNew, isNewAgain));
            Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
