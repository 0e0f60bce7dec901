using System.Text.Json;
using Lab.MedalTally.Api;
using Lab.MedalTally.Group;
using Lab.Processes;
using Lab.ServiceDefaults;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.MedalTally.Dispatch;

/// <summary>
/// Runs the front-ends and gives each client the one with the fewest. A front-end that dies is started
/// again; meanwhile its clients, who ask once more, get another one.
/// </summary>
internal sealed class Dispatcher(IOptions<MedalTallyOptions> options, ServiceOptions service, ILogger<Dispatcher> logger)
    : IHostedService, IDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _changing = new(1);
    private readonly List<FrontEndProcess> _frontEnds = [];
    private volatile IReadOnlyList<FrontEndProcess> _serving = [];
    private bool _isThroughLinks;
    private bool _isEnding;

    /// <summary>How many there are to be.</summary>
    public int Count => _serving.Count;

    public int Most => options.Value.FrontEnds.Count;

    /// <summary>Clients reach front-ends through the links, and they the database server.</summary>
    public bool IsThroughLinks => _isThroughLinks;

    public IReadOnlyList<FrontEndState> State() => [.. _serving.Select(frontEnd => frontEnd.State())];

    public Task StartAsync(CancellationToken cancellationToken) =>
        options.Value.FrontEnds.Count == 0 ? Task.CompletedTask : SetCountAsync(options.Value.FrontEndsAtStart, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        _isEnding = true;
        _serving = [];
        await Task.WhenAll(_frontEnds.Select(frontEnd => frontEnd.EndAsync()));
        _changing.Release();
    }

    /// <summary>Returns when so many serve. Others that run are kept, and get no clients: starting one takes longer than many a cell.</summary>
    /// <exception cref="ChildStartException">One does not start.</exception>
    public async Task SetCountAsync(int count, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            while (_frontEnds.Count < count)
            {
                _frontEnds.Add(new FrontEndProcess(_frontEnds.Count + 1, options.Value, service, logger, StartAgain));
            }

            await Task.WhenAll(_frontEnds.Take(count).Where(frontEnd => !frontEnd.IsAlive).Select(frontEnd => frontEnd.StartAsync(_isThroughLinks, StartPatience, cancellationToken)));
            _serving = [.. _frontEnds.Take(count)];
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task SetRouteAsync(bool isThroughLinks, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        _isThroughLinks = isThroughLinks;
        _frontEnds.ForEach(frontEnd => frontEnd.SetRoute(isThroughLinks));
        _changing.Release();
    }

    /// <summary>The first front-ends take part in a group from now on; the others in none.</summary>
    /// <param name="settings">Checked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SetGroupAsync(GroupSettings? settings, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        var text = settings is null ? null : JsonSerializer.Serialize(settings, GroupJson.Default.GroupSettings);
        foreach (var frontEnd in _frontEnds)
        {
            frontEnd.SetGroup(frontEnd.Number < (settings?.Members ?? 0) ? text : null);
        }

        _changing.Release();
    }

    /// <summary>The least loaded front-end.</summary>
    /// <param name="lost">One that the client has lost, though it may not have been noticed here.</param>
    /// <returns>Null: none is there now.</returns>
    public FrontEndAddress? Assign(int? lost)
    {
        FrontEndProcess? best = null;
        foreach (var frontEnd in _serving)
        {
            if (frontEnd.IsAlive && (best is null || Load(frontEnd) < Load(best)))
            {
                best = frontEnd;
            }
        }

        best?.NoteAssigned();
        return best is null ? null : new FrontEndAddress(best.Number, best.Url(_isThroughLinks));

        // Only when there is no other one.
        int Load(FrontEndProcess frontEnd) => frontEnd.Number == lost ? int.MaxValue : frontEnd.Load;
    }

    /// <summary>kill -9.</summary>
    /// <returns>False: there is no such front-end, or it is dead.</returns>
    public bool Kill(int number) => _serving.FirstOrDefault(frontEnd => frontEnd.Number == number) is { IsAlive: true } frontEnd && frontEnd.Kill();

    public void Dispose() => _changing.Dispose();

    /// <summary>A front-end has died, and nobody wanted that of it. What kept it from starting may pass.</summary>
    private async Task StartAgain(FrontEndProcess frontEnd)
    {
        for (var pause = ShortestPause; !await TryStartAgainAsync(frontEnd); pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            await Task.Delay(pause);
        }
    }

    /// <returns>False: it does not start now.</returns>
    private async Task<bool> TryStartAgainAsync(FrontEndProcess frontEnd)
    {
        await _changing.WaitAsync();
        try
        {
            if (!_isEnding && !frontEnd.IsAlive)
            {
                await frontEnd.StartAsync(_isThroughLinks, StartPatience, CancellationToken.None);
            }

            return true;
        }
        catch (ChildStartException exception)
        {
            logger.LogError("{Reason}", exception.Message);
            return false;
        }
        finally
        {
            _changing.Release();
        }
    }
}

/// <summary>A front-end as the dispatcher sees it.</summary>
/// <param name="Number">Which one, from 1.</param>
/// <param name="Url">Of its API, direct.</param>
/// <param name="Pid">0: it is dead.</param>
/// <param name="Connections">Clients that are connected.</param>
/// <param name="Starts">How often it was started.</param>
public sealed record FrontEndState(int Number, string Url, int Pid, int Connections, int Starts);
