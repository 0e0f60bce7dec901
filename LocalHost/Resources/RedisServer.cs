using System.Net;
using System.Net.Sockets;
using System.Text;
using Lab.LocalHost.Processes;

namespace Lab.LocalHost.Resources;

/// <summary>A private Redis: own port, password of this start, nothing on disk. What it holds may be lost.</summary>
internal sealed class RedisServer(
    string name, int port, string password, string dataFolder, LocalLabOptions options, RunningRecords records, Action<ResourceEvent> report)
    : DataServer(name, dataFolder, options, records, report)
{
    public override string Address => $"127.0.0.1:{port}";

    public string ConnectionString => $"{Address},password={password}";

    public override string FindProgram() => Programs.Find("redis-server", "valkey-server")
        ?? throw new LabStartException("no Redis server is installed. On Debian: apt-get install redis-server; or set LAB_REDIS to a connection string");

    public override Task<(string Program, IReadOnlyList<string> Arguments)> PrepareAsync(CancellationToken cancellationToken)
    {
        var configuration = WriteSecretFile(
            "redis.conf",
            "bind 127.0.0.1",
            $"port {port}",
            $"requirepass {password}",
            "save \"\"",
            "appendonly no",
            $"dir \"{DataFolder}\"",
            "daemonize no");
        return Task.FromResult<(string, IReadOnlyList<string>)>((FindProgram(), [configuration]));
    }

    public override async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
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
