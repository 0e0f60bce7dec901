using System.Globalization;
using Lab.Journal;
using Lab.ServiceDefaults;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Accounts.Files;
using Lab.TradingPost.Market;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.TradingPost.Supervision;

/// <summary>
/// Opens markets, one at a time, and does to their peers what it is told. A market outlives it: what was open when it was
/// killed is open again when it is back, with the same accounts.
/// </summary>
internal sealed class Supervisor(IOptions<SupervisorOptions> options, ServiceOptions service, ILogger<Supervisor> logger) : IHostedService, IDisposable
{
    private readonly SemaphoreSlim _changing = new(1);
    private volatile OpenMarket? _market;
    private volatile string? _whyClosed;

    /// <summary>Null: none is open.</summary>
    public OpenMarket? Market => _market;

    /// <summary>A market is kept on the disk, and is not open: why, and what to do. Null: none is.</summary>
    public string? WhyClosed => _whyClosed;

    public SupervisorOptions Options => options.Value;

    private string DataFolder => Path.GetFullPath(service.DataFolder);

    private string RecordPath => Path.Combine(DataFolder, service.Name + "-market.json");

    private string FolderPrefix => service.Name + "-market-";

    /// <returns>The service, started.</returns>
    public static async Task<WebApplication> StartServiceAsync(string[] args)
    {
        var builder = ServiceDefaultsExtensions.CreateLabService(args);
        SupervisorOptions.Add(builder.Services);
        builder.Services.AddSingleton<Supervisor>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Supervisor>());
        var app = builder.BuildLab();
        app.MapLabDefaults(AdminCalls.Map);
        await app.StartAsync();
        return app;
    }

    /// <summary>Opens the market that a supervisor before it was killed with. What was ended in order is opened where looking on is the purpose.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(DataFolder);
        try
        {
            var kept = MarketRecord.Read(RecordPath);
            if (kept is not null && (kept.IsRunning || Options.OpenAtStart))
            {
                await ReopenAsync(cancellationToken);
            }
            else if (kept is not null)
            {
                _whyClosed = $"market {kept.Number} ended in order, with the lab, and is kept: 'reopen' opens it again, 'open' begins another one instead of it";
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing is thrown away for it: whoever uses the lab decides.
            _whyClosed ??= exception.Message;
            logger.LogWarning("the market is not opened again: {Reason}", exception.Message);
            return;
        }

        if (Options.OpenAtStart && _market is null && _whyClosed is null)
        {
            await OpenAsync(MarketSettings.ForWatching, cancellationToken);
        }
    }

    /// <summary>Ends the market in order, and keeps it.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            await EndMarketAsync();
            if (_whyClosed is null && MarketRecord.Read(RecordPath) is { IsRunning: true } kept)
            {
                (kept with { IsRunning = false }).Write(RecordPath);
            }

            return true;
        },
        cancellationToken);

    /// <summary>Ends the market before, for good, and opens another one, with empty accounts.</summary>
    /// <param name="settings">Checked by <see cref="SupervisorOptions.WhyNot"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">Folder or accounts cannot be used, or a peer did not start.</exception>
    public Task<MarketState> OpenAsync(MarketSettings settings, CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            await EndMarketAsync();
            var former = Directory.EnumerateDirectories(DataFolder, FolderPrefix + "*").ToList();
            await Task.WhenAll(former.Select(folder => OpenMarket.EndPeersOfAsync(folder, cancellationToken)));
            var record = new MarketRecord(former.Select(NumberOf).Append(0).Max() + 1, settings, Reopened: 0, IsRunning: true);
            var market = Prepare(record);

            // Emptied before the record names it, and the former one is removed afterwards: at every moment one of them is whole.
            await market.ResetAsync(cancellationToken);
            record.Write(RecordPath);
            _whyClosed = null;
            foreach (var folder in former)
            {
                await RemoveAsync(folder, cancellationToken);
            }

            return await OpenAsync(market, cancellationToken);
        },
        cancellationToken);

    /// <summary>Opens the market again that is kept; returns the one that is open, if one is.</summary>
    /// <returns>Null: none is kept.</returns>
    /// <exception cref="DamagedJournalException">Its journal must be repaired first.</exception>
    /// <exception cref="IOException">It cannot be opened: folder, accounts or peers.</exception>
    public Task<MarketState?> ReopenAsync(CancellationToken cancellationToken) =>
        AloneAsync(async () => _market?.State() ?? await ReopenKeptAsync(cancellationToken), cancellationToken);

    /// <summary>What a repair would give up of the market that is open or kept; empty: nothing needs one.</summary>
    /// <exception cref="IOException">The accounts cannot be read.</exception>
    public async Task<IReadOnlyList<RepairStep>> PlanRepairAsync(CancellationToken cancellationToken) =>
        (_market?.Accounts ?? (MarketRecord.Read(RecordPath) is { } kept ? Prepare(kept).Accounts : null)) is { } accounts
            ? await AccountsFactory.PlanRepairAsync(accounts, cancellationToken)
            : [];

    /// <summary>Ends the peers, repairs the journal, and opens the market again.</summary>
    /// <param name="agreed">As planned: what somebody has looked at and agreed to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null: no market is kept.</returns>
    /// <exception cref="IOException">It is another damage by now, or the disk failed.</exception>
    public Task<MarketState?> RepairAsync(IReadOnlyList<RepairStep> agreed, CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            if (MarketRecord.Read(RecordPath) is not { } kept)
            {
                return null;
            }

            await EndMarketAsync();
            _whyClosed = $"market {kept.Number} is being repaired";
            var accounts = Prepare(kept).Accounts;
            var steps = await AccountsFactory.PlanRepairAsync(accounts, cancellationToken);
            if (!steps.SequenceEqual(agreed))
            {
                throw new IOException("the damage is another one by now: look at it again");
            }

            await AccountsFactory.RepairAsync(accounts, steps);
            logger.LogWarning("the journal of market {Number} is repaired: {Steps} terms were cut", kept.Number, steps.Count);
            return await ReopenKeptAsync(cancellationToken);
        },
        cancellationToken);

    /// <summary>Ends the market, if one is open or kept, for good. Its accounts stay until another one is opened.</summary>
    public Task CloseAsync(CancellationToken cancellationToken) => AloneAsync(
        async () =>
        {
            await EndMarketAsync();
            File.Delete(RecordPath);
            _whyClosed = null;
            return true;
        },
        cancellationToken);

    /// <summary>Changes the market's peers while nobody else does.</summary>
    public async Task<T> AloneAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            return await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose() => _changing.Dispose();

    private async Task<MarketState?> ReopenKeptAsync(CancellationToken cancellationToken)
    {
        if (MarketRecord.Read(RecordPath) is not { } kept)
        {
            return null;
        }

        try
        {
            if (Options.WhyNot(kept.Settings) is { } whyNot)
            {
                throw new IOException($"its settings do not suit any more: {whyNot}");
            }

            var market = Prepare(kept);
            await OpenMarket.EndPeersOfAsync(FolderOf(kept.Number), cancellationToken);
            if (await AccountsFactory.PlanRepairAsync(market.Accounts, cancellationToken) is [var step, ..])
            {
                throw new DamagedJournalException(step.File, step.At, step.Why, FileAccounts.Advice);
            }

            var record = kept with { Reopened = kept.Reopened + 1, IsRunning = true };
            record.Write(RecordPath);
            return await OpenAsync(Prepare(record), cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _whyClosed = $"market {kept.Number} is kept, but cannot be opened again: {exception.Message}";
            throw;
        }
    }

    private async Task<MarketState> OpenAsync(OpenMarket market, CancellationToken cancellationToken)
    {
        await market.OpenAsync(cancellationToken);
        (_market, _whyClosed) = (market, null);
        logger.LogInformation("market {Number} is open: {Settings}", market.Number, market.Settings);
        return market.State();
    }

    /// <summary>A market that nothing names any more. What cannot be removed now is tried again when the next one is opened.</summary>
    private async Task RemoveAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            if (!OpenMarket.HasJournal(folder) && Options.Database is not null)
            {
                var settings = new MarketSettings { Accounts = AccountsKind.MySql };
                await Prepare(new MarketRecord(NumberOf(folder), settings, Reopened: 0, IsRunning: false)).ResetAsync(cancellationToken);
            }

            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning("what is left of the market in {Folder} cannot be removed: {Reason}", folder, exception.Message);
        }
    }

    private OpenMarket Prepare(MarketRecord record) => new(
        record, FolderOf(record.Number), Path.Combine(Path.GetFullPath(service.LogFolder), service.Name + "-"), Options, logger);

    private string FolderOf(int number) => Path.Combine(DataFolder, FolderPrefix + number.ToString(CultureInfo.InvariantCulture));

    private int NumberOf(string folder) =>
        int.TryParse(Path.GetFileName(folder.AsSpan())[FolderPrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private async Task EndMarketAsync()
    {
        if (_market is { } before)
        {
            _market = null;
            await before.CloseAsync();
        }
    }
}
