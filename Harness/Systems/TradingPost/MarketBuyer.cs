using Lab.Harness.Load;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.Harness.Systems.TradingPost;

/// <summary>Buys one piece of a good; when nobody sells it, of another one, as in the report, and still in the same operation.</summary>
/// <param name="client">Its own.</param>
/// <param name="index">Which buyer it is, from 0.</param>
/// <param name="peers">Peers of the market: one of them sells.</param>
/// <param name="random">Chooses the goods.</param>
internal sealed class MarketBuyer(TradingPostClient client, int index, int peers, Random random) : LoadClient(index), IAsyncDisposable
{
    /// <summary>Goods that are asked for in vain before the operation counts as refused: while sellers restock, for some milliseconds nobody has any.</summary>
    private const int MostTries = 200;

    private Good _good = Goods.All[random.Next(Goods.All.Count)];

    public TradingPostClient Client => client;

    public override async ValueTask ReadyAsync(CancellationToken cancellationToken)
    {
        if (client.Session == 0)
        {
            await client.JoinAsync(cancellationToken);
        }
    }

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var done = await client.BuyAsync(_good, 1, cancellationToken);
                if (done.Price != Prices.Of(_good) || done.Seller is not { } seller || seller < 0 || seller >= peers)
                {
                    throw new WrongAnswerException($"a piece of {_good} was sold by {done.Seller} for {done.Price} coins");
                }

                return;
            }
            catch (RefusedException refused) when (refused.Reason == RefusalReason.NoSeller && tries < MostTries)
            {
                _good = Goods.All[((int)_good + 1 + random.Next(Goods.All.Count - 1)) % Goods.All.Count];
            }
        }
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
