using System.Net.Sockets;
using System.Security.Cryptography;
using Lab.Coordination.Clocks;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Client;

/// <summary>Asks all peers at once who trades; the first answer counts. They answer as soon as they know.</summary>
internal sealed class TraderSearch(PeerConnections peers, int participant)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// After so long a trader of the same term will do, too: perhaps only the way to it was lost. Then again a newer one is
    /// asked for.
    /// </summary>
    private static readonly TimeSpan Insistence = TimeSpan.FromMilliseconds(500);

    /// <param name="afterTerm">Of the trader who has been lost.</param>
    /// <param name="insists">Only a trader of a higher term will do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<TraderIs> FindAsync(long afterTerm, bool insists, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FindAsync(afterTerm, insists ? Timeout.InfiniteTimeSpan : Insistence, cancellationToken) is { } newer)
            {
                return newer;
            }

            if (await FindAsync(0, Insistence, cancellationToken) is { } any)
            {
                return any;
            }
        }
    }

    /// <returns>Null: no answer in time.</returns>
    private async Task<TraderIs?> FindAsync(long afterTerm, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var search = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        search.CancelAfter(patience);
        var asked = Enumerable.Range(0, peers.Count).Select(peer => AskAsync(peer, afterTerm, search.Token)).ToList();
        var first = await Task.WhenAny(asked);
        await search.CancelAsync();
        await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return asked.Where(each => each.IsCompletedSuccessfully).Select(each => each.Result).MaxBy(found => found.Term)
            ?? (first.IsCanceled ? null : await first);
    }

    /// <summary>One peer, until it answers.</summary>
    private async Task<TraderIs> AskAsync(int peer, long afterTerm, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var question = new WhoTrades(RandomNumberGenerator.GetInt32(int.MaxValue), afterTerm) { Clock = VectorClock.Zero };
                var answer = await peers.CallAsync(peer, participant, question, cancellationToken);
                if (answer.Message is TraderIs trader)
                {
                    return trader;
                }
            }
            catch (Exception exception) when (PeerFailures.IsAway(exception))
            {
                // It is not there, or knows of none yet.
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }
}

/// <summary>What says that a peer does not answer, as opposed to defects.</summary>
internal static class PeerFailures
{
    /// <param name="exception">Of a call.</param>
    public static bool IsAway(Exception exception) => exception is IOException or TimeoutException or SocketException or PeerErrorException;
}
