using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Peers;

/// <summary>
/// A peer's vector clock, among participants who may lie: entries of nobody known are left out, so that it cannot grow
/// without bound, and so are numbers that no counter reaches, so that it cannot run over.
/// </summary>
internal sealed class PeerClock(int id, int peers)
{
    /// <summary>A participant that counts a million events per second needs nine years to get there.</summary>
    public const long MostEvents = 1L << 48;

    private readonly int _mostEntries = peers + Ledger.MostParticipants;

    public VectorClock Now { get; private set; } = VectorClock.Zero;

    /// <summary>A message leaves: the clock that goes with it.</summary>
    public VectorClock Sending()
    {
        Tick();
        return Now;
    }

    /// <summary>A message has arrived: merges its clock.</summary>
    /// <param name="clock">As sent.</param>
    /// <param name="fromPeer">Peers tell of clients; a client only of those that are known.</param>
    /// <param name="ledger">Whose participants are known, if this peer trades.</param>
    /// <returns>What of the clock can be believed.</returns>
    public VectorClock Received(VectorClock clock, bool fromPeer, Ledger? ledger)
    {
        var believed = Believe(clock, fromPeer, ledger);
        var merged = Now.Merge(believed);
        if (merged.Entries.Count <= _mostEntries)
        {
            Now = merged;
        }

        Tick();
        return believed;
    }

    private void Tick()
    {
        if (Now[id] < MostEvents)
        {
            Now = Now.Tick(id);
        }
    }

    private VectorClock Believe(VectorClock clock, bool fromPeer, Ledger? ledger)
    {
        var entries = clock.Entries;
        for (var index = 0; index < entries.Count; index++)
        {
            if (!IsCredible(entries[index], fromPeer, ledger))
            {
                return VectorClock.Of([.. entries.Where(entry => IsCredible(entry, fromPeer, ledger)).Take(_mostEntries)]);
            }
        }

        return entries.Count <= _mostEntries ? clock : VectorClock.Of([.. entries.Take(_mostEntries)]);
    }

    private bool IsCredible((int Node, long Events) entry, bool fromPeer, Ledger? ledger) =>
        entry.Events <= MostEvents
        && ((entry.Node >= 0 && entry.Node < peers)
            || (entry.Node >= MarketSettings.FirstClient && (ledger is null ? fromPeer || Now[entry.Node] > 0 : ledger.Find(entry.Node) is not null)));
}
