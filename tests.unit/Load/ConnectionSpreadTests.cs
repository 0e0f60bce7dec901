using System.Net;
using Lab.Harness.Load;
using Lab.Harness.Measurement;
using Lab.Harness.Systems.Echo.Connections;
using Lab.Transport.Native;

namespace Lab.Tests.Unit.Load;

public class ConnectionSpreadTests
{
    [Theory]
    [InlineData(20_000, 1L << 40, 19_700)]
    [InlineData(1024, 1L << 40, 700)]
    [InlineData(350, 1L << 40, 50)]
    [InlineData(64, 1L << 40, 1)]
    [InlineData(1_000_000, 1L << 33, 131_000)]
    public void A_process_opens_what_its_descriptors_and_the_memory_allow(long descriptors, long memoryBytes, int connections) =>
        Assert.Equal(connections, ConnectionBudget.Of(new DescriptorLimit(descriptors, descriptors), memoryBytes).PerProcess);

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(19_900, new[] { 19_900 })]
    [InlineData(19_901, new[] { 9_951, 9_950 })]
    [InlineData(50_000, new[] { 16_667, 16_667, 16_666 })]
    public void Connections_are_spread_equally_over_as_few_processes_as_possible(int connections, int[] parts) =>
        Assert.Equal(parts, new ConnectionBudget(19_900).Spread(connections));

    [Fact]
    public void There_is_an_end_to_the_processes() =>
        Assert.Throws<InvalidOperationException>(() => new ConnectionBudget(10).Spread(641));

    [Theory]
    [InlineData(0, null)]
    [InlineData(9_999, null)]
    [InlineData(10_000, "127.0.0.2:0")]
    [InlineData(20_000, "127.0.0.3:0")]
    [InlineData(2_499_999, "127.0.0.250:0")]
    [InlineData(2_500_000, null)]
    public void Each_source_address_has_a_bounded_number_of_connections(long number, string? source) =>
        Assert.Equal(source, SourceAddresses.Of(IPAddress.Loopback, number)?.ToEndPoint().ToString());

    [Fact]
    public void Towards_other_machines_the_kernel_chooses() => Assert.Null(SourceAddresses.Of(IPAddress.Parse("10.0.0.5"), 30_000));

    [Fact]
    public void No_two_requests_are_equal()
    {
        var requests = from connection in Enumerable.Range(0, 50) from request in Enumerable.Range(0, 50) select (connection, request);
        var distinct = requests.Select(request =>
        {
            var bytes = new byte[EchoRequest.Bytes];
            EchoRequest.Write(bytes, request.connection, request.request);
            return Convert.ToHexString(bytes, 16, EchoRequest.Bytes - 16);
        }).Distinct().Count();
        Assert.Equal(50 * 50, distinct);
    }

    [Fact]
    public void An_outcome_is_the_same_after_its_way_between_processes()
    {
        var latency = new LatencyHistogram();
        foreach (var latencyNs in new[] { 1L, 5_000, 123_456_789, LatencyHistogram.HighestNs + 1, LatencyHistogram.HighestNs })
        {
            latency.Record(latencyNs);
        }

        var sent = RunReport.Of(new LoadOutcome(latency, new Dictionary<string, long> { ["timeout"] = 3 }, 1.5));
        var outcome = LoadLines.Read<LoadReply>(LoadLines.Write(new LoadReply(Ran: sent))).Ran!.ToOutcome();
        Assert.Equal((3L, 1.5), (outcome.Errors["timeout"], outcome.DurationS));
        Assert.Equal((latency.Count, latency.Clamped), (outcome.Latency.Count, outcome.Latency.Clamped));
        Assert.Equal((latency.MeanNs, latency.MinNs, latency.MaxNs), (outcome.Latency.MeanNs, outcome.Latency.MinNs, outcome.Latency.MaxNs));
        Assert.Equal(latency.Distribution(), outcome.Latency.Distribution());
    }

    [Fact]
    public void An_empty_outcome_is_so_too()
    {
        var outcome = LoadLines.Read<RunReport>(LoadLines.Write(RunReport.Of(new LoadOutcome(new LatencyHistogram(), new Dictionary<string, long>(), 0)))).ToOutcome();
        Assert.Equal((0L, 0L, 0L), (outcome.Latency.Count, outcome.Latency.MinNs, outcome.Latency.MaxNs));
    }
}
