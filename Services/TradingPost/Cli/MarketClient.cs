using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.TradingPost.Supervision;
using Lab.Transport;

namespace Lab.TradingPost.Cli;

/// <summary>Takes part in whichever market is open, as one client: every command line of this lab is the same participant.</summary>
internal sealed class MarketClient : IAsyncDisposable
{
    /// <summary>Its id, far above those of a load.</summary>
    public const int Participant = 999;

    private const int MostFormer = 4;

    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(1);
    private static readonly TradingPostClientOptions Patience = new() { RetryFor = TimeSpan.FromSeconds(10) };

    private readonly SemaphoreSlim _requests = new(1);
    private readonly Lock _gate = new();
    private readonly Queue<TradingPostClient> _former = [];
    private (int Market, TradingPostClient Client)? _current;

    /// <summary>What a peer knows; null when it does not answer soon.</summary>
    public async Task<Status?> AskAsync(MarketState market, int peer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerPatience);
        try
        {
            return await ClientOf(market).StatusAsync(peer, patience.Token);
        }
        catch (Exception exception) when (exception is TradingPostException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Returns when the sale is durable.</summary>
    /// <exception cref="TradingPostException">The trader refuses, or nobody trades for too long.</exception>
    public Task<Done> BuyAsync(MarketState market, Good good, int quantity, CancellationToken cancellationToken) =>
        RequestAsync(ClientOf(market), client => client.BuyAsync(good, quantity, cancellationToken), cancellationToken);

    /// <summary>Returns when the deposit is durable.</summary>
    /// <inheritdoc cref="BuyAsync"/>
    public Task<Done> DepositAsync(MarketState market, Good good, int quantity, CancellationToken cancellationToken) =>
        RequestAsync(ClientOf(market), client => client.DepositAsync(good, quantity, cancellationToken), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _current is { } current ? _former.Append(current.Client) : _former)
        {
            await client.DisposeAsync();
        }

        _requests.Dispose();
    }

    /// <summary>One at a time. Another command line may have begun a session since the last one: then a new one is begun.</summary>
    private async Task<Done> RequestAsync(
        TradingPostClient client, Func<TradingPostClient, Task<Done>> request, CancellationToken cancellationToken)
    {
        await _requests.WaitAsync(cancellationToken);
        try
        {
            if (client.Session != 0)
            {
                try
                {
                    return await request(client);
                }
                catch (RefusedException refused) when (refused.Reason == RefusalReason.UnknownSession)
                {
                    // Nothing was done, so it may be asked for under another name.
                }
            }

            await client.JoinAsync(cancellationToken);
            return await request(client);
        }
        finally
        {
            _requests.Release();
        }
    }

    /// <summary>Peers of another market are other processes.</summary>
    private TradingPostClient ClientOf(MarketState market)
    {
        lock (_gate)
        {
            if (_current?.Market != market.Number)
            {
                if (_current is { } former)
                {
                    Retire(former.Client);
                }

                _current = (market.Number, new TradingPostClient(Participant, [.. market.Peers.Select(peer => Addresses.Parse(peer.Address))], Patience));
            }

            return _current.Value.Client;
        }
    }

    /// <summary>Calls may be under way with it; they are not any more when some more markets have come and gone.</summary>
    private void Retire(TradingPostClient client)
    {
        _former.Enqueue(client);
        if (_former.Count > MostFormer)
        {
            _ = _former.Dequeue().DisposeAsync().AsTask();
        }
    }
}
