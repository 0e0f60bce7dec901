using System.Diagnostics;
using System.Net.ServerSentEvents;
using Lab.MedalTally.Api;
using Lab.MedalTally.Client;

namespace Lab.MedalTally.Cli;

/// <summary>Follows the medal tally: updates as they are pushed; front-ends and group by looking again and again.</summary>
/// <param name="address">Where it is.</param>
/// <param name="isTwoTier">Which of the two.</param>
internal sealed class TallyWatch(TallyAddress address, bool isTwoTier) : IDisposable
{
    private const int MostHappenings = 200;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly Queue<Happening> _happenings = [];
    private readonly Dictionary<string, DateTime> _changed = new(StringComparer.Ordinal);
    private readonly Queue<(long At, long Version)> _versions = [];
    private readonly MedalTallyClient _client = address.NewClient(isTwoTier);
    private readonly MedalTallyClient _looking = address.NewClient(isTwoTier);
    private readonly TallyAdmin _admin = new(address);
    private TallyOverview _overview = new() { IsTwoTier = isTwoTier };

    /// <summary>Called with everything that happens, in order.</summary>
    public Action<Happening>? OnHappening { get; init; }

    /// <summary>Called with everything that is pushed, in order.</summary>
    public Action<SseItem<Update>>? OnUpdate { get; init; }

    /// <summary>As it is now.</summary>
    public TallyOverview Overview
    {
        get
        {
            lock (_gate)
            {
                return _overview with
                {
                    Changed = new Dictionary<string, DateTime>(_changed, StringComparer.Ordinal),
                    Happenings = [.. _happenings],
                    WritesPerSecond = Rate(),
                    Own = _client.FrontEnd,
                    Now = DateTime.Now,
                };
            }
        }
    }

    /// <summary>Until it is cancelled; whoever does not answer is asked again.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(FollowAsync(cancellationToken), LookAsync(cancellationToken));

    public void Dispose()
    {
        _client.Dispose();
        _looking.Dispose();
        _admin.Dispose();
    }

    /// <summary>Goes on at another front-end when its own one dies.</summary>
    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        string? lastId = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var pushed in _client.WatchAsync(@event: null, lastId, cancellationToken))
                {
                    lastId = pushed.EventId ?? lastId;
                    Take(pushed);
                }
            }
            catch (TallyException exception)
            {
                Note(exception.Message);
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Take(SseItem<Update> pushed)
    {
        var now = DateTime.Now;
        Happening? happening;
        lock (_gate)
        {
            // The first board is where everything begins.
            happening = _overview.Board is null ? null : UpdateLines.Describe(pushed, _overview.Board, now);
            _overview = _overview with { Board = UpdateLines.After(_overview.Board, pushed) };
            if ((pushed.Data.Tally?.Team ?? pushed.Data.Score?.Event) is { } name)
            {
                _changed[name] = now;
            }

            Keep(happening);
        }

        OnUpdate?.Invoke(pushed);
        Tell(happening);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await (isTwoTier ? LookAtTiersAsync(cancellationToken) : _looking.GetBoardAsync(cancellationToken));
                Note(problem: null);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutException or TallyException or TallyAdminException)
            {
                Note(exception.Message);
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAtTiersAsync(CancellationToken cancellationToken)
    {
        var frontEnds = await _admin.FrontEndsAsync(cancellationToken);
        IReadOnlyList<Happening> happenings;
        lock (_gate)
        {
            happenings = [.. UpdateLines.Compare(_overview.FrontEnds, frontEnds, DateTime.Now)];
            _overview = _overview with { FrontEnds = frontEnds };
            foreach (var happening in happenings)
            {
                Keep(happening);
            }
        }

        foreach (var happening in happenings)
        {
            Tell(happening);
        }

        var group = await _admin.GroupAsync(frontEnds, cancellationToken);
        lock (_gate)
        {
            _overview = _overview with { Group = group };
        }
    }

    private void Note(string? problem)
    {
        lock (_gate)
        {
            _overview = _overview with { Problem = problem };
        }
    }

    private void Keep(Happening? happening)
    {
        if (happening is not null)
        {
            _happenings.Enqueue(happening);
            if (_happenings.Count > MostHappenings)
            {
                _happenings.Dequeue();
            }
        }
    }

    private void Tell(Happening? happening)
    {
        if (happening is not null)
        {
            OnHappening?.Invoke(happening);
        }
    }

    private double? Rate()
    {
        if (_overview.Board is not { } board)
        {
            return null;
        }

        var now = Stopwatch.GetTimestamp();
        _versions.Enqueue((now, board.Version));
        while (_versions.Count > 2 && Stopwatch.GetElapsedTime(_versions.Peek().At, now) > RateWindow)
        {
            _versions.Dequeue();
        }

        var (at, version) = _versions.Peek();
        return _versions.Count < 2 ? null : Math.Max(0, board.Version - version) / Stopwatch.GetElapsedTime(at, now).TotalSeconds;
    }
}
