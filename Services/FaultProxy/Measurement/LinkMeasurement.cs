using System.Net;
using System.Net.Sockets;
using Lab.FaultProxy.Client;
using Lab.FaultProxy.Timing;

namespace Lab.FaultProxy.Measurement;

/// <summary>
/// <c>Lab.FaultProxy measure URL</c>: what a running fault proxy, this one or Toxiproxy, adds to a round trip, how much it
/// lets through, and how exact its delays are. Prints a table. The proxy must be on this machine.
/// </summary>
internal static class LinkMeasurement
{
    private const string EchoProxy = "measure_echo";
    private const string SinkProxy = "measure_sink";
    private const int MessageBytes = 64;
    private const int WarmUpRounds = 500;
    private const int Turns = 10;
    private const int RoundsPerTurn = 5000;
    private const int DelayedSeconds = 4;
    private const long StreamBytes = 1024L * 1024 * 1024;
    private static readonly int[] LatenciesMs = [1, 5, 40];

    public static async Task RunAsync(Uri api, CancellationToken cancellationToken)
    {
        using var client = new ToxiproxyClient(api);
        using var echo = new EchoServer(echo: true);
        using var sink = new EchoServer(echo: false);
        Console.WriteLine($"server at {api}: version {await client.VersionAsync(cancellationToken)}");
        var proxies = await client.PopulateAsync(
            [
                new ProxySpec(EchoProxy, "127.0.0.1:0", echo.Address.ToString()),
                new ProxySpec(SinkProxy, "127.0.0.1:0", sink.Address.ToString()),
            ],
            cancellationToken);
        var proxied = IPEndPoint.Parse(proxies[0].Listen);
        try
        {
            PrintRoundTrips(echo.Address, proxied);
            foreach (var latencyMs in LatenciesMs)
            {
                var rounds = DelayedSeconds * 1000 / latencyMs;
                var empty = MeasureRoundTrips(proxied, rounds, pauseMs: latencyMs);
                Print($"through it, {latencyMs} ms apart", empty, 0);
                foreach (var stream in Enum.GetValues<ToxicStream>())
                {
                    var toxic = new LatencyToxicSpec(latencyMs) { Stream = stream };
                    await client.AddToxicAsync(EchoProxy, toxic, cancellationToken);
                    var delayed = MeasureRoundTrips(proxied, rounds);
                    Print($"error of {latencyMs} ms {stream}", delayed, (latencyMs * 1000) + empty.At(0.5));
                    await client.RemoveToxicAsync(EchoProxy, toxic.EffectiveName, cancellationToken);
                }
            }

            PrintThroughput(sink.Address, IPEndPoint.Parse(proxies[1].Listen));
        }
        finally
        {
            await client.DeleteProxyAsync(EchoProxy, CancellationToken.None);
            await client.DeleteProxyAsync(SinkProxy, CancellationToken.None);
        }
    }

    /// <summary>Takes turns, so that both meet the machine in the same moods.</summary>
    private static void PrintRoundTrips(IPEndPoint direct, IPEndPoint proxied)
    {
        var turns = Enumerable.Range(0, Turns)
            .Select(_ => (Direct: MeasureRoundTrips(direct, RoundsPerTurn), Proxied: MeasureRoundTrips(proxied, RoundsPerTurn)))
            .ToList();
        Print("round trip direct", RoundTrips.Merge(turns.Select(turn => turn.Direct)), 0);
        Print("round trip through the proxy", RoundTrips.Merge(turns.Select(turn => turn.Proxied)), 0);
    }

    private static void PrintThroughput(IPEndPoint direct, IPEndPoint proxied)
    {
        var turns = Enumerable.Range(0, 3).Select(_ => (Direct: MeasureThroughput(direct), Proxied: MeasureThroughput(proxied))).ToList();
        Console.WriteLine($"throughput direct            {string.Join("  ", turns.Select(turn => $"{turn.Direct,6:0}"))} MB/s");
        Console.WriteLine($"throughput through the proxy {string.Join("  ", turns.Select(turn => $"{turn.Proxied,6:0}"))} MB/s");
    }

    /// <summary>One connection that sends one message at a time.</summary>
    /// <param name="address">An echo, or the way to one.</param>
    /// <param name="rounds">How many.</param>
    /// <param name="pauseMs">
    /// Time between an answer and the next message. Processors and threads that had nothing to do for a while answer more
    /// slowly, so a delay's error is what comes on top of round trips at the same pace.
    /// </param>
    private static RoundTrips MeasureRoundTrips(IPEndPoint address, int rounds, int pauseMs = 0)
    {
        using var socket = Connect(address);
        var message = new byte[MessageBytes];
        var timesUs = new double[rounds];
        for (var round = -Math.Min(WarmUpRounds, rounds / 10); round < rounds; round++)
        {
            var startNs = MonotonicClock.NowNs;
            socket.Send(message);
            for (var received = 0; received < message.Length;)
            {
                received += socket.Receive(message, received, message.Length - received, SocketFlags.None);
            }

            timesUs[Math.Max(0, round)] = (MonotonicClock.NowNs - startNs) / 1000.0;
            if (pauseMs > 0)
            {
                Thread.Sleep(pauseMs);
            }
        }

        Array.Sort(timesUs);
        return new RoundTrips(timesUs);
    }

    /// <returns>Megabytes per second, one way, until the receiver has said that it has all.</returns>
    private static double MeasureThroughput(IPEndPoint address)
    {
        using var socket = Connect(address);
        var block = new byte[64 * 1024];
        var startNs = MonotonicClock.NowNs;
        for (long sent = 0; sent < StreamBytes; sent += block.Length)
        {
            socket.Send(block);
        }

        socket.Shutdown(SocketShutdown.Send);
        socket.Receive(block);
        return StreamBytes * 1000.0 / (MonotonicClock.NowNs - startNs);
    }

    private static Socket Connect(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(address);
        return socket;
    }

    private static void Print(string what, RoundTrips times, double minusUs) => Console.WriteLine(
        $"{what,-28} p50 {times.At(0.5) - minusUs,8:0.0} us   p99 {times.At(0.99) - minusUs,8:0.0} us   min {times.At(0) - minusUs,8:0.0} us");

    /// <param name="SortedUs">Microseconds, rising.</param>
    private sealed record RoundTrips(double[] SortedUs)
    {
        public static RoundTrips Merge(IEnumerable<RoundTrips> parts) => new([.. parts.SelectMany(part => part.SortedUs).Order()]);

        public double At(double quantile) => SortedUs[(int)(quantile * (SortedUs.Length - 1))];
    }
}
