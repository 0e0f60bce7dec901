using System.Net;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Client;
using Lab.TradingPost.Market;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.TradingPost.Running;

/// <summary>
/// A small market in this process, with all that a real one has: sockets, accounts on disk, buys, a trader who is lost, the
/// election of the next. Afterwards everything is compiled that must be fast when it is for real.
/// </summary>
internal static class WarmUp
{
    private const int Peers = 3;
    private const int Buys = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Does no harm when it fails: what it would have saved is paid later.</summary>
    /// <param name="folder">For its accounts; made, and removed again. An earlier process may have left it.</param>
    /// <param name="logger">Learns when it fails.</param>
    public static async Task RunAsync(string folder, ILogger logger)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            Remove(folder);
            Directory.CreateDirectory(folder);
            await RunAsync(folder, logger, patience.Token);
            Remove(folder);
        }
        catch (Exception exception)
        {
            // Whatever it is, the real market can do without.
            logger.LogWarning("the warm-up failed, the peer begins without: {Reason}", exception.Message);
        }
    }

    private static async Task RunAsync(string folder, ILogger logger, CancellationToken cancellationToken)
    {
        var market = new MarketSettings { Peers = Peers, Sellers = 1, Stock = Buys * 2 };
        var secret = new MarketSecret(MarketSecret.New());
        var accounts = new AccountsSettings { Kind = AccountsKind.File, Folder = folder, SnapshotEvery = Buys / 3 };
        var peers = Enumerable.Range(0, Peers).Select(id => new PeerHost(
            id,
            market,
            secret,
            new IPEndPoint(IPAddress.Loopback, 0),
            AccountsFactory.Create(accounts, NullLogger.Instance),
            output: null,
            defect => logger.LogError(defect, "a defect, in the warm-up"),
            NullLogger.Instance)).ToList();
        try
        {
            DnsEndPoint[] addresses = [.. peers.Select(peer => new DnsEndPoint("127.0.0.1", peer.Endpoint.Port))];
            await Task.WhenAll(peers.Select(peer => peer.BeginAsync(addresses, PeerProgram.Engine)));
            await using var buyer = new TradingPostClient(MarketSettings.FirstClient, addresses);
            await buyer.JoinAsync(cancellationToken);
            await BuyAsync(buyer, Buys, cancellationToken);
            await peers[^1].DisposeAsync();
            peers.RemoveAt(peers.Count - 1);
            await BuyAsync(buyer, Buys / 3, cancellationToken);
        }
        finally
        {
            foreach (var peer in peers)
            {
                await peer.DisposeAsync();
            }
        }
    }

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task BuyAsync(TradingPostClient buyer, int count, CancellationToken cancellationToken)
    {
        for (var bought = 0; bought < count; cancellationToken.ThrowIfCancellationRequested())
        {
            try
            {
                await buyer.BuyAsync((Good)(bought % Enum.GetValues<Good>().Length), 1, cancellationToken);
                bought++;
            }
            catch (RefusedException refused) when (refused.Reason == Protocol.RefusalReason.NoSeller)
            {
                // The seller sells another good just now.
                bought++;
            }
        }
    }
}
