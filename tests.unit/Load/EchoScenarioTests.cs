using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Running;
using Lab.Harness.Systems.Echo;
using Lab.Tests.Unit.Experiments;
using Lab.Topology;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lab.Tests.Unit.Load;

/// <summary>Cells of the echo, run through the runner against a server of the test.</summary>
public class EchoScenarioTests
{
    private const int Iterations = 2;
    private const int Connections = 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_on_all_connections_are_measured_and_the_log_is_held_against_them()
    {
        await using var server = new LoggingServer();
        await server.StartAsync();
        using var folder = new TemporaryFolder();
        var result = await RunAsync(server, EchoModule.Echo, folder.Root);

        Assert.True(result.Verdict == Verdict.True, result.VerdictReason);
        Assert.Equal((Iterations, Iterations * Connections * 4L, 0L), (result.Iterations, result.Operations, result.Errors.Total));
        Assert.Equal(
            (Connections, (Iterations + 1) * Connections, ConnectionCells.Opened(result)),
            (ConnectionCells.Value(result, EchoMetrics.Open), ConnectionCells.Opened(result), ConnectionCells.LogLines(result)));
        Assert.Equal(1, ConnectionCells.Value(result, EchoMetrics.LoadProcesses));
        Assert.True(ConnectionCells.DurationS(result)!.Mean > 0 && ConnectionCells.Value(result, EchoMetrics.ConnectRate) > 0);
        Assert.False(ConnectionCells.HoldsIdle(result));
        Assert.Contains(result.Processes, process => process.Name == "harness");
        var lines = File.ReadAllLines(Path.Combine(folder.Root, "connections", "group-echo-connections-10-engine-epoll.csv"));
        Assert.Equal("connection,address,requests,bytes,total_duration_s,average_response_s", lines[0]);
        Assert.Equal(Connections + 1, lines.Length);
        Assert.StartsWith("0,127.0.0.1:", lines[1], StringComparison.Ordinal);
        Assert.Contains(",4,256,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_that_are_held_begin_with_a_new_server_and_tell_its_memory()
    {
        await using var server = new LoggingServer();
        await server.StartAsync();
        var result = await RunAsync(server, EchoModule.Hold, reportFolder: null);

        Assert.True(result.Verdict == Verdict.True, result.VerdictReason);
        Assert.Equal((Iterations * (long)Connections, Iterations), (result.Operations, server.Restarts));
        Assert.Equal((Iterations * (Connections + 1L), Connections), (ConnectionCells.Opened(result), ConnectionCells.Value(result, EchoMetrics.Open)));
        Assert.True(ConnectionCells.Value(result, EchoMetrics.MemoryBefore) > 0 && ConnectionCells.Value(result, EchoMetrics.ThreadsIdle) > 0);
        Assert.Null(ConnectionCells.DurationS(result));
    }

    [Fact]
    public async Task A_server_that_forgets_a_line_has_the_verdict_false()
    {
        await using var server = new LoggingServer { Forgets = line => line.TrimEnd().EndsWith("requests=4", StringComparison.Ordinal) };
        await server.StartAsync();
        var scenario = await RunAsync(server, EchoModule.Echo, reportFolder: null, iterations: 1, isForgetful: true);
        Assert.Equal(Verdict.False, scenario.Verdict);
        Assert.Contains("10 are not", scenario.VerdictReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_fails_its_cell_with_the_reason()
    {
        await using var server = new LoggingServer();
        await server.StartAsync();
        await server.StopListeningAsync();
        var result = await RunAsync(server, EchoModule.Echo, reportFolder: null);
        Assert.Equal((Verdict.Unknown, 0), (result.Verdict, result.Iterations));
        Assert.Contains("none of 10 connections could be opened to echo-epoll at 127.0.0.1:", result.VerdictReason, StringComparison.Ordinal);
        Assert.Contains("Connection refused", result.VerdictReason, StringComparison.Ordinal);
    }

    private static async Task<CellResult> RunAsync(LoggingServer server, string operation, string? reportFolder, int iterations = Iterations, bool isForgetful = false)
    {
        using var control = new LabControl(LabTopology.For(["echo"]), server.Endpoints, null!);
        var cell = new Cell
        {
            Experiment = "echo",
            Group = "group",
            System = "echo",
            Operation = operation,
            Factors = new OrderedDictionary<string, object> { ["connections"] = (long)Connections, ["engine"] = "epoll" },
            Iterations = iterations,
            OperationsPerClient = 4,
            Published = null,
        };

        // Only who waits for lines that will not come needs to lose patience soon.
        var options = new EchoOptions
        {
            LogTimeout = isForgetful ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(30),
            SettleTimeout = TimeSpan.FromMilliseconds(300),
        };
        var runner = new ExperimentRunner([new EchoScenario(control, server.ProcessIds, reportFolder, options)], server.ProcessIds, _ => { });
        await runner.RunAsync(new Plan("test", [cell]), Token);
        return Assert.Single(runner.Results);
    }

    /// <summary>An echo server with the admin endpoint of a real one. A restart only empties its log and changes its process id.</summary>
    private sealed class LoggingServer : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<Socket, (string Address, int Descriptor, long Bytes)> _connections = new();
        private readonly Lock _gate = new();
        private readonly TinyEchoServer _server;
        private readonly WebApplication _admin;
        private readonly MemoryStream _log = new();

        public LoggingServer()
        {
            _server = new TinyEchoServer(CountAndEchoAsync) { Closed = Log };
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            _admin = builder.Build();
            _admin.Map("/health", () => "ok");
            _admin.MapPost("/admin/restart", Restart);
            _admin.MapGet("/admin/connections", Show);
        }

        public Func<string, bool> Forgets { get; init; } = _ => false;

        public int Restarts { get; private set; }

        public LabEndpoints Endpoints => new()
        {
            AdminToken = "token",
            Services = new Dictionary<string, ServiceEndpoints>
            {
                ["echo-epoll"] = new(new Uri(_admin.Urls.First()), new Dictionary<string, string> { ["clients"] = _server.Endpoint.ToString() }),
            },
            Links = new Dictionary<string, string>(),
            FaultProxyApi = new Uri("http://127.0.0.1:1"),
            Databases = new Dictionary<string, string>(),
        };

        /// <summary>Two processes that exist, so that their memory can be read.</summary>
        public IReadOnlyDictionary<string, int> ProcessIds() =>
            new Dictionary<string, int> { ["echo-epoll"] = Restarts % 2 == 0 ? Environment.ProcessId : 1 };

        public Task StartAsync() => _admin.StartAsync(Token);

        public ValueTask StopListeningAsync() => _server.DisposeAsync();

        public async ValueTask DisposeAsync()
        {
            await _server.DisposeAsync();
            await _admin.DisposeAsync();
            await _log.DisposeAsync();
        }

        private ValueTask<bool> CountAndEchoAsync(Socket socket, int number, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _connections.AddOrUpdate(
                socket, _ => (socket.RemoteEndPoint!.ToString()!, number, bytes.Length), (_, before) => before with { Bytes = before.Bytes + bytes.Length });
            return TinyEchoServer.EchoAsync(socket, number, bytes, cancellationToken);
        }

        private void Log(Socket socket)
        {
            if (_connections.TryRemove(socket, out var connection))
            {
                var line = $"{connection.Address} fd={connection.Descriptor} bytes={connection.Bytes} requests={connection.Bytes / 64}\n";
                lock (_gate)
                {
                    _log.Write(Encoding.ASCII.GetBytes(Forgets(line) ? "" : line));
                }
            }
        }

        private void Restart()
        {
            lock (_gate)
            {
                Restarts++;
                _log.SetLength(0);
            }
        }

        private IResult Show(long from, HttpContext context)
        {
            lock (_gate)
            {
                Assert.Equal("Bearer token", context.Request.Headers.Authorization.ToString());
                context.Response.Headers["Log-Length"] = $"{_log.Length}";
                return Results.Text(from < 0 ? "" : Encoding.ASCII.GetString(_log.ToArray()[(int)from..]));
            }
        }
    }
}
