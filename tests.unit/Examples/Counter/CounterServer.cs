using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Lab.Tests.Unit.Examples.Counter;

/// <summary>
/// The service: a number that clients read and count up. <c>add</c> and <c>get</c>, one per line, are answered with the number
/// and the microseconds that the request waited for it.
/// </summary>
public sealed class CounterServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _gate = new(1);
    private readonly List<Task> _connections = [];
    private Task _accepting = Task.CompletedTask;
    private long _value;

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>Its tests break it: so many acknowledged additions are forgotten.</summary>
    public int Forgets { get; set; }

    public void Start()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll([_accepting, .. _connections]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _gate.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            _connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            using var reader = new StreamReader(client.GetStream());
            await using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true };
            while (await reader.ReadLineAsync(_stop.Token) is { } request)
            {
                await writer.WriteLineAsync(await AnswerAsync(request));
            }
        }
    }

    private async Task<string> AnswerAsync(string request)
    {
        var asked = Stopwatch.GetTimestamp();
        await _gate.WaitAsync(_stop.Token);
        try
        {
            var waitedUs = Stopwatch.GetElapsedTime(asked).TotalMicroseconds;
            var value = request == "add" ? _value + 1 : _value;
            _value = request == "add" && Forgets-- > 0 ? _value : value;
            return string.Create(CultureInfo.InvariantCulture, $"{value} {waitedUs:0}");
        }
        finally
        {
            _gate.Release();
        }
    }
}
