using System.Globalization;
using Lab.MedalTally.FrontEnds;
using Lab.Processes;
using Lab.ServiceDefaults;
using Microsoft.Extensions.Logging;

namespace Lab.MedalTally.Dispatch;

/// <summary>A front-end: its process, and how many clients it has.</summary>
/// <param name="number">Which one, from 1.</param>
/// <param name="options">The dispatcher's.</param>
/// <param name="service">Likewise.</param>
/// <param name="logger">Hears when it dies.</param>
/// <param name="died">Called when it does though it should not.</param>
internal sealed class FrontEndProcess(int number, MedalTallyOptions options, ServiceOptions service, ILogger logger, Func<FrontEndProcess, Task> died)
{
    /// <summary>A client that was sent here connects within this time, or has gone elsewhere.</summary>
    private const long AssignedForMs = 1000;

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly Queue<long> _assignedMs = new();
    private readonly string _name = FormattableString.Invariant($"front-end-{number}");
    private volatile ChildService? _process;
    private volatile bool _isReady;
    private int _connections;
    private int _starts;

    public int Number => number;

    public bool IsAlive => _isReady && _process is { IsAlive: true, IsUnwanted: false };

    /// <summary>Clients that are connected, and those on their way.</summary>
    public int Load
    {
        get
        {
            lock (_assignedMs)
            {
                while (_assignedMs.TryPeek(out var oldest) && Environment.TickCount64 - oldest > AssignedForMs)
                {
                    _assignedMs.Dequeue();
                }

                return _connections + _assignedMs.Count;
            }
        }
    }

    public string Url(bool isThroughLink) => $"http://{(isThroughLink && options.FrontEndLinks.Count > 0 ? options.FrontEndLinks : options.FrontEnds)[number - 1]}";

    public FrontEndState State() => new(number, Url(isThroughLink: false), IsAlive ? _process!.Pid : 0, Volatile.Read(ref _connections), _starts);

    /// <summary>A client was sent here.</summary>
    public void NoteAssigned()
    {
        lock (_assignedMs)
        {
            _assignedMs.Enqueue(Environment.TickCount64);
        }
    }

    /// <exception cref="ChildStartException">It does not start.</exception>
    public async Task StartAsync(bool isThroughLink, TimeSpan patience, CancellationToken cancellationToken)
    {
        _isReady = false;
        Volatile.Write(ref _connections, 0);
        _starts++;
        var process = await ChildService.StartAsync(new ChildServiceStart
        {
            Name = _name,
            Assembly = typeof(FrontEndProcess).Assembly.Location,
            Arguments = ["front-end"],
            Environment = Settings(),
            LogFile = Path.Combine(Path.GetFullPath(service.LogFolder), FormattableString.Invariant($"{service.Name}-{_name}.log")),
            Told = Hear,
            IsReady = line => FrontEndLine.Read(line) is not null,
        });
        _process = process;
        try
        {
            await process.UntilReadyAsync(patience, cancellationToken);
        }
        catch
        {
            // Its address is needed by the next one.
            await process.EndAsync();
            throw;
        }

        SetRoute(isThroughLink);
        if (Group is { } group)
        {
            process.Command(DispatcherTalk.Group + group);
        }

        _isReady = true;
        _ = FollowAsync(process);
    }

    /// <summary>Settings of the group that it takes part in, as JSON; null: of none.</summary>
    public string? Group { get; private set; }

    /// <summary>It takes part in another group from now on, also when it is started again.</summary>
    public void SetGroup(string? settings)
    {
        Group = settings;
        _process?.Command(DispatcherTalk.Group + settings);
    }

    public void SetRoute(bool isThroughLink) => _process?.Command(isThroughLink ? DispatcherTalk.ThroughLink : DispatcherTalk.Direct);

    /// <summary>kill -9, as if it had happened by itself.</summary>
    public bool Kill()
    {
        if (_process is not { } process)
        {
            return false;
        }

        process.Kill();
        return true;
    }

    /// <summary>In order: what it has begun is answered.</summary>
    public async Task EndAsync()
    {
        _isReady = false;
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        process.Command(DispatcherTalk.End);
        if (await Task.WhenAny(process.Ended, Task.Delay(EndPatience)) != process.Ended)
        {
            await process.EndAsync();
        }
    }

    private Dictionary<string, string> Settings()
    {
        var section = MedalTallyOptions.Section;
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // The dispatcher's own settings come down to it, but these are not for it.
            ["Service__Name"] = $"{service.Name}-{_name}",
            ["Service__AdminUrl"] = "http://127.0.0.1:0",
            [$"{section}__Listen"] = options.FrontEnds[number - 1],
            [$"{section}__Database"] = options.Database,
            [$"{section}__DatabaseLink"] = options.DatabaseLink,
            [$"{section}__Number"] = number.ToString(CultureInfo.InvariantCulture),
        };
    }

    private void Hear(string line)
    {
        if (FrontEndLine.Read(line) is not { } told)
        {
            return;
        }

        lock (_assignedMs)
        {
            // Those that have come are not on their way any more.
            for (var come = told.Connections - _connections; come > 0 && _assignedMs.TryDequeue(out _); come--)
            {
            }

            _connections = told.Connections;
        }
    }

    private async Task FollowAsync(ChildService process)
    {
        var code = await process.Ended;
        if (_process == process)
        {
            logger.LogWarning("front-end {Number} has ended with exit code {Code}, and is started again", number, code.ToString(CultureInfo.InvariantCulture));
            await died(this);
        }
    }
}
