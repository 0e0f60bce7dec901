using System.Globalization;
using System.Net;
using Lab.EchoServer;
using Lab.Transport.Frames;
using Lab.Transport.Native;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.EchoServer;

public sealed class ConnectionLogTests : IDisposable
{
    private static readonly SocketAddress4 Peer = new(IPEndPoint.Parse("127.0.0.1:55713"));

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "lab-test-" + Guid.NewGuid().ToString("N")[..8]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string LogPath => Path.Combine(_folder, "echo.connections.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(ConnectionLog.DefaultQueueEntries)]
    [InlineData(100)]
    public async Task Four_threads_that_close_connections_lose_no_line(int maxQueueEntries)
    {
        const int Threads = 4;
        const int PerThread = 50_000;
        using var log = Open(maxQueueEntries);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < PerThread; i++)
                {
                    log.Add(new ClosedConnection(Peer, (thread * PerThread) + i, 64, 1));
                }
            },
            Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        var lengthBytes = await log.FlushAsync(Token);

        var lines = ReadLines();
        Assert.Equal(new FileInfo(LogPath).Length, lengthBytes);
        Assert.Equal(Enumerable.Range(0, Threads * PerThread), lines.Select(Descriptor).Order());
        Assert.All(lines, line => Assert.EndsWith(" bytes=64 requests=1", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_line_says_who_it_was_and_what_it_did()
    {
        using var log = Open();
        log.Add(new ClosedConnection(Peer, 89, 6400, 100));
        log.Add(new ClosedConnection(Peer: null, 90, 0, 0));
        log.Add(new ClosedConnection(new SocketAddress4(IPEndPoint.Parse("255.255.255.255:65535")), int.MaxValue, long.MaxValue, long.MaxValue));
        await log.FlushAsync(Token);
        Assert.Equal(
            [
                "127.0.0.1:55713 fd=89 bytes=6400 requests=100",
                "unknown fd=90 bytes=0 requests=0",
                "255.255.255.255:65535 fd=2147483647 bytes=9223372036854775807 requests=9223372036854775807",
            ],
            ReadLines());
    }

    [Fact]
    public async Task Lines_reach_the_file_unasked()
    {
        using var log = Open();
        for (var line = 1; line <= 3; line++)
        {
            log.Add(new ClosedConnection(Peer, line, 64, 1));
            while (ReadLines().Count < line)
            {
                await Task.Delay(5, Token);
            }
        }
    }

    [Fact]
    public void The_end_writes_what_is_left_and_the_next_start_begins_anew()
    {
        using (var log = Open())
        {
            log.Add(new ClosedConnection(Peer, 7, 64, 1));
        }

        Assert.Single(ReadLines());
        using (Open())
        {
            Assert.Empty(ReadLines());
        }
    }

    [Fact]
    public async Task Nothing_to_flush_is_flushed_at_once()
    {
        using var log = Open();
        var lengths = await Task.WhenAll(log.FlushAsync(Token), log.FlushAsync(Token));
        Assert.All(lengths, length => Assert.Equal(0, length));
    }

    private ConnectionLog Open(int maxQueueEntries = ConnectionLog.DefaultQueueEntries) => new(LogPath, NullLogger.Instance, maxQueueEntries);

    private List<string> ReadLines()
    {
        using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static int Descriptor(string line) => int.Parse(line.Split(' ')[1]["fd=".Length..], CultureInfo.InvariantCulture);
}
