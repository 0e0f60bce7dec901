using System.Diagnostics;
using System.Net;
using System.Text;
using Lab.Harness.Measurement;
using Lab.Harness.Running;
using Lab.Topology.Systems;

namespace Lab.Harness.Systems.Echo;

/// <summary>The servers behind one port: their logs, their memory, their restart.</summary>
internal sealed class EchoServers(
    LabControl lab, Func<IReadOnlyDictionary<string, int>> processIds, IReadOnlyList<string> names, EchoOptions options)
{
    private static readonly TimeSpan LogPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan SettlePause = TimeSpan.FromMilliseconds(200);

    private IReadOnlyList<ServerLog> _logs = [];

    public int Count => names.Count;

    public IReadOnlyList<string> Names => names;

    public IPEndPoint Endpoint => IPEndPoint.Parse(lab.Endpoints.Services[names[0]].Endpoints[EchoTopology.ClientEndpoint]);

    /// <summary>As they are now; 0 for one that is just being restarted.</summary>
    public IReadOnlyList<int> ProcessIds
    {
        get
        {
            var pids = processIds();
            return [.. names.Select(name => pids.GetValueOrDefault(name))];
        }
    }

    public override string ToString() => $"{string.Join(", ", names)} at {Endpoint}";

    /// <summary>All of them are there, or there again.</summary>
    /// <exception cref="LabControlException">One does not come back.</exception>
    public Task WaitUntilHealthyAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(names.Select(name => lab.WaitUntilHealthyAsync(name, cancellationToken)));

    /// <summary>New processes, with new logs.</summary>
    /// <exception cref="LabControlException">One does not come back.</exception>
    public Task RestartAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(names.Select(name => lab.RestartAsync(name, processIds, cancellationToken)));

    /// <summary>What is in the logs by now does not count.</summary>
    /// <exception cref="LabControlException">A server does not show its log.</exception>
    public async Task SkipLogsAsync(CancellationToken cancellationToken)
    {
        var logs = new List<ServerLog>();
        foreach (var name in names)
        {
            var (_, length) = await lab.ReadConnectionLogAsync(name, -1, cancellationToken);
            logs.Add(new ServerLog(lab, name, length));
        }

        _logs = logs;
    }

    /// <summary>
    /// The lines since <see cref="SkipLogsAsync"/>: as many as expected and what came with them, or fewer when the others do
    /// not come in time.
    /// </summary>
    public async Task<IReadOnlyList<LoggedConnection?>> ReadLogsAsync(int expectedLines, CancellationToken cancellationToken)
    {
        var lines = new List<LoggedConnection?>();
        for (var lastNew = Stopwatch.GetTimestamp(); ; await Task.Delay(LogPause, cancellationToken))
        {
            var before = lines.Count;
            foreach (var log in _logs)
            {
                lines.AddRange((await log.ReadAsync(cancellationToken)).Select(EchoInvariants.Parse));
            }

            lastNew = lines.Count > before ? Stopwatch.GetTimestamp() : lastNew;
            if (lines.Count >= expectedLines || Stopwatch.GetElapsedTime(lastNew) > options.LogTimeout)
            {
                return lines;
            }
        }
    }

    /// <summary>Memory and threads once two readings in a row are equal, or after a bounded time.</summary>
    /// <returns>Null where they cannot be read.</returns>
    public async Task<ProcessMemory?> SettledMemoryAsync(CancellationToken cancellationToken)
    {
        var last = Memory();
        for (var begun = Stopwatch.GetTimestamp(); last is not null && Stopwatch.GetElapsedTime(begun) < options.SettleTimeout;)
        {
            await Task.Delay(SettlePause, cancellationToken);
            var memory = Memory();
            if (memory == last)
            {
                break;
            }

            last = memory;
        }

        return last;
    }

    private ProcessMemory? Memory() => ProcessMemory.Sum([.. ProcessIds.Select(pid => pid == 0 ? null : ProcessMemory.Read(pid))]);

    /// <summary>Reads on where it stopped.</summary>
    private sealed class ServerLog(LabControl lab, string name, long offset)
    {
        private long _offset = offset;
        private string _begun = "";

        /// <returns>Lines that have ended; the beginning of another one waits for its end.</returns>
        public async Task<IReadOnlyList<string>> ReadAsync(CancellationToken cancellationToken)
        {
            var (bytes, _) = await lab.ReadConnectionLogAsync(name, _offset, cancellationToken);
            _offset += bytes.Length;
            var lines = (_begun + Encoding.ASCII.GetString(bytes)).Split('\n');
            _begun = lines[^1];
            return lines[..^1];
        }
    }
}
