using Lab.Harness.Experiments;

namespace Lab.Tests.Unit.Experiments;

public class DeploymentsTests
{
    private const string Valid = """
        deployments:
          local:
            title: Here
            links: {}
          far:
            title: There
            links:
              client-server:
                - { type: latency, stream: upstream, latency_ms: 20, jitter_ms: 2 }
                - { type: latency, stream: downstream, latency_ms: 10, jitter_ms: 0 }
        """;

    [Fact]
    public void A_deployment_says_which_toxics_each_class_of_links_gets()
    {
        var deployments = Load(Valid);

        Assert.Equal(["local", "far"], deployments.Names);
        Assert.Equal("There", deployments["far"].Title);
        Assert.Equal(
            [
                new LinkToxic { Type = "latency", Stream = "upstream", LatencyMs = 20, JitterMs = 2 },
                new LinkToxic { Type = "latency", Stream = "downstream", LatencyMs = 10, JitterMs = 0 },
            ],
            deployments["far"].ToxicsOf("client-server"));
        Assert.Empty(deployments["far"].ToxicsOf("server-database"));
    }

    [Fact]
    public void The_shipped_local_deployment_touches_no_link() => Assert.Empty(ExperimentSamples.Shipped.Deployments["local"].Links);

    [Fact]
    public void The_shipped_cloud_delays_both_directions_of_both_classes_of_links()
    {
        var cloud = ExperimentSamples.Shipped.Deployments["gcp"];

        foreach (var linkClass in new[] { "client-server", "server-database" })
        {
            Assert.Equal(["downstream", "upstream"], cloud.ToxicsOf(linkClass).Select(toxic => toxic.Stream).Order());
            Assert.All(cloud.ToxicsOf(linkClass), toxic => Assert.Equal("latency", toxic.Type));
        }
    }

    [Theory]
    [InlineData("register_item_for_sale", 0.755)]
    [InlineData("display_items_for_sale", 1.722)]
    public void The_shipped_cloud_explains_the_published_latency_of_one_client(string operation, double localMs)
    {
        // The published figure lies between no and three round trips to the database.
        var cloud = ExperimentSamples.Shipped.Deployments["gcp"];
        double RoundTripMs(string linkClass) => cloud.ToxicsOf(linkClass).Sum(toxic => toxic.LatencyMs);
        var factors = new Dictionary<string, object>
        {
            ["sellers"] = 1L,
            ["buyers"] = 1L,
            ["items_per_seller"] = 10L,
            ["deployment"] = "gcp",
        };
        var publishedMs = ExperimentSamples.Shipped.Experiments.Single(experiment => experiment.Name == "marketplace")
            .Published.Find(operation, factors)!.LatencyUs!.Value / 1000;

        var clientsOnly = localMs + RoundTripMs("client-server");

        Assert.InRange(publishedMs, clientsOnly, clientsOnly + 3 * RoundTripMs("server-database"));
    }

    [Theory]
    [InlineData("jitter_ms: 2", "jitter_ms: 21", "9:73: 'jitter_ms': expected at most latency_ms, a delay cannot be negative")]
    [InlineData("jitter_ms: 2", "jitter_ms: -1", "9:73: 'jitter_ms': expected a whole number from 0 to 60000, found -1")]
    [InlineData("latency_ms: 20", "latency_ms: 60001", "9:58: 'latency_ms': expected a whole number from 0 to 60000, found 60001")]
    [InlineData("latency_ms: 20", "latency: 20", "9:11: 'client-server': missing key 'latency_ms'; expected delay added to everything that passes, 0 to 60000 ms", "9:46: unknown key 'latency'; did you mean 'latency_ms'? expected one of: type, stream, latency_ms, jitter_ms")]
    [InlineData("stream: upstream", "stream: up", "9:36: 'stream': found 'up'; expected one of: upstream, downstream")]
    [InlineData("stream: downstream", "stream: upstream", "10:11: a second latency toxic for stream upstream; expected at most one")]
    [InlineData("type: latency, stream: upstream", "type: latencey, stream: upstream", "9:19: 'type': found 'latencey'; did you mean 'latency'? expected one of: latency")]
    [InlineData("client-server:", "client-sever:", "8:7: unknown key 'client-sever'; did you mean 'client-server'? expected one of: client-server, server-database, between-servers")]
    [InlineData("  local:", "  here:", "2:3: 'deployments': missing key 'local'")]
    [InlineData("links: {}", "links: []", "4:12: 'links': expected a mapping (lines of 'key: value'), found a list")]
    public void A_deployment_that_cannot_be_is_refused(string old, string replacement, params string[] expected)
    {
        Assert.Contains(old, Valid, StringComparison.Ordinal);
        var yaml = Valid.Replace(old, replacement, StringComparison.Ordinal);

        Assert.Equal(expected, ExperimentSamples.Describe(Assert.Throws<InvalidFileException>(() => Load(yaml))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("deployments: 5")]
    [InlineData("deployments: {local: 5, far: {links: {client-server: [5]}}}")]
    public void Any_other_shape_is_refused_without_a_crash(string yaml) =>
        Assert.NotEmpty(Assert.Throws<InvalidFileException>(() => Load(yaml)).Problems);

    private static Deployments Load(string yaml)
    {
        using var folder = new TemporaryFolder();
        return Deployments.Load(folder.Write(Deployments.FileName, yaml));
    }
}
