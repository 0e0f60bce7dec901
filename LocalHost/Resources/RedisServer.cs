using System.Net.Sockets;
using System.Text;
using Lab.LocalHost.Processes;
using Lab.Processes;
using Lab.Transport;

namespace Lab.LocalHost.Resources;

/// <summary>A private Redis: own port, password of this start, nothing on disk. What it holds may be lost.</summary>
internal sealed class RedisServer(
    ServerPlace place, string password, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    : DataServer(place, options, records, report)
{
    public override string ConnectionString(string through) => ConnectionString(through, password);

    public static string ConnectionString(string address, string password) => $"{address},password={password}";

    /// <exception cref="LabStartException">There is none.</exception>
    public static string FindProgram() => Programs.Find("redis-server", "valkey-server")
        ?? throw new LabStartException("no Redis server is installed. On Debian: apt-get install redis-server; or set LAB_REDIS to a connection string");

    public override Task<ProcessSpec> PrepareAsync(CancellationToken cancellationToken)
    {
        var configuration = WriteSecretFile(
            "redis.conf",
            "bind 127.0.0.1",
            FormattableString.Invariant($"port {Addresses.Split(Address).Port}"),
            $"requirepass {password}",
            "save \"\"",
            "appendonly no",
            // Where it runs: a path would have to be quoted.
            "dir .",
            "daemonize no");
        return Task.FromResult(Run(FindProgram(), [configuration]));
    }

    public override Task<bool> AnswersAsync(CancellationToken cancellationToken) => AnswersAsync(Address, password, cancellationToken);

    /// <summary>Whether a server takes a password.</summary>
    public static async Task<bool> AnswersAsync(string address, string password, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Addresses.Parse(address), cancellationToken);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"AUTH {password}\r\n"), cancellationToken);
            var reply = new byte[64];
            var length = await socket.ReceiveAsync(reply, cancellationToken);
            return Encoding.ASCII.GetString(reply, 0, length).StartsWith("+OK", StringComparison.Ordinal);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
