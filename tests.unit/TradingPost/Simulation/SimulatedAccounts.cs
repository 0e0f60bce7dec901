using Lab.Coordination.Simulation;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost.Simulation;

/// <summary>
/// Accounts that all peers share, with everything that can go wrong with them: they are slow, fail, tear a write when its
/// writer dies. Of two kinds. As files: a term's file begins where its predecessor's was read up to; a writer looks for a
/// higher term after its write. As a database: a write and the look for a higher term are one step.
/// </summary>
internal sealed class SimulatedAccounts(Simulator<PeerMessage> simulator, Mutant mutant)
{
    private readonly Random _random = simulator.Random;
    private readonly SortedDictionary<long, TermFile> _terms = [];
    private readonly List<JournalEntry> _log = [];

    public bool AsFiles { get; init; }

    /// <summary>Of all claims and appends, these (0 to 1) fail, and nobody knows what they did.</summary>
    public double FailChance { get; init; }

    /// <summary>Every step takes up to this long.</summary>
    public long MaxDelayUs { get; init; } = 4_000;

    /// <summary>From then on nothing fails.</summary>
    public long CalmAfterUs { get; init; } = long.MaxValue;

    /// <summary>Ledgers go through their written form.</summary>
    public bool Snapshots { get; init; }

    public int Claims { get; private set; }

    public int Fencings { get; private set; }

    public int Failures { get; private set; }

    /// <summary>Writers that died while they wrote, and left a part of it or all.</summary>
    public int Torn { get; private set; }

    public long HighestTerm { get; private set; }

    public void Claim(SimulatedHost<PeerMessage> host, Action<ClaimedAccounts> granted, Action<string> failed)
    {
        InProcess(host, () =>
        {
            Claims++;
            var term = mutant == Mutant.TermTwice && _terms.Count > 0 && !_terms[HighestTerm].Complete ? HighestTerm : HighestTerm + 1;
            var file = new TermFile(term, host.Id);
            _terms[term] = file;
            HighestTerm = term;
            if (!AsFiles)
            {
                _log.Add(new(term, host.Id, null));
            }

            if (Fails())
            {
                InProcess(host, () => failed("the disk is ill"));
                return;
            }

            InProcess(host, () =>
            {
                var ledger = Read(file);
                InProcess(host, () =>
                {
                    file.Complete = true;
                    granted(new ClaimedAccounts(term, ledger));
                });
            });
        });
    }

    /// <summary>Was the term given, to that trader? No, too, when the accounts cannot be asked.</summary>
    public void Confirm(SimulatedHost<PeerMessage> host, long term, int? trader, Action<bool> answer) => InProcess(host, () =>
    {
        var isSo = mutant == Mutant.BelieveTerms || (!Fails() && WasGiven(term, trader));
        InProcess(host, () => answer(isSo));
    });

    public bool WasGiven(long term, int? trader) => _terms.TryGetValue(term, out var given) && given.Trader == (trader ?? given.Trader);

    public void Append(
        SimulatedHost<PeerMessage> host, long term, IReadOnlyList<AccountRecord> records, Action appended, Action fenced, Action<string> failed)
    {
        if (mutant == Mutant.AcknowledgeBeforeDurable)
        {
            host.Complete(0, appended);
            (appended, fenced, failed) = (() => { }, () => { }, _ => { });
        }

        InProcess(host, dies: () => Tear(term, records), step: () =>
        {
            if (Fails())
            {
                Tear(term, records);
                InProcess(host, () => failed("the disk is ill"));
                return;
            }

            var late = !AsFiles && IsFenced(term);
            if (!late)
            {
                Write(term, records);
            }

            InProcess(host, () =>
            {
                late |= AsFiles && IsFenced(term);
                Fencings += late ? 1 : 0;
                (late ? fenced : appended)();
            });
        });
    }

    /// <summary>All that counts, in order: each term up to where its successor has read it.</summary>
    public List<JournalEntry> History()
    {
        if (!AsFiles)
        {
            return [.. _log];
        }

        List<JournalEntry> history = [];
        var last = _terms.Values.LastOrDefault(file => file.Complete);
        Collect(last, int.MaxValue, history);
        return history;
    }

    /// <summary>What a new trader would read now.</summary>
    public Ledger Replay(IEnumerable<JournalEntry> history)
    {
        var ledger = new Ledger();
        foreach (var entry in history.Where(entry => entry.Record is not null))
        {
            if (mutant == Mutant.None)
            {
                ledger.Apply(entry.Record!, entry.Term);
                continue;
            }

            try
            {
                Forget(ledger);
                ledger.Apply(entry.Record!, entry.Term);
            }
            catch (InvalidOperationException)
            {
                // A product that makes such mistakes would not notice them either.
            }
        }

        Forget(ledger);
        return Snapshots ? Ledger.FromSnapshot(ledger.ToSnapshot()) : ledger;
    }

    private Ledger Read(TermFile file)
    {
        if (AsFiles)
        {
            file.Before = _terms.Values.LastOrDefault(other => other.Term < file.Term && other.Complete);
            file.BeforeCount = Math.Max(0, (file.Before?.Records.Count ?? 0) - Missed());
            List<JournalEntry> read = [];
            Collect(file.Before, file.BeforeCount, read);
            return Inflate(Replay(read));
        }

        if (mutant == Mutant.ClaimMissesTail)
        {
            return Replay([.. _log.SkipLast(Missed())]);
        }

        return Inflate(Replay(_log));
    }

    private int Missed() => mutant == Mutant.ClaimMissesTail ? _random.Next(1, 4) : 0;

    private Ledger Inflate(Ledger ledger)
    {
        if (mutant == Mutant.GoodsFromNothing)
        {
            foreach (var account in ledger.Accounts)
            {
                for (var good = 0; good < account.Offers.Length; good++)
                {
                    account.Offers[good] = account.Offers[good] is { } offer ? offer with { Left = offer.Left + 5 } : null;
                }
            }
        }

        return ledger;
    }

    private void Forget(Ledger ledger)
    {
        if (mutant == Mutant.NoDedup)
        {
            foreach (var account in ledger.Accounts)
            {
                account.LastDone = null;
            }
        }
    }

    private static void Collect(TermFile? file, int count, List<JournalEntry> history)
    {
        if (file is null)
        {
            return;
        }

        Collect(file.Before, file.BeforeCount, history);
        history.Add(new(file.Term, file.Trader, null));
        history.AddRange(file.Records.Take(count));
    }

    private bool IsFenced(long term) => term < HighestTerm && mutant != Mutant.NoFencing;

    private void Write(long term, IEnumerable<AccountRecord> records)
    {
        var file = _terms[term];
        foreach (var record in records)
        {
            var written = mutant == Mutant.LostMoney && record is Sold sold ? sold with { Commission = 0 } : record;
            file.Records.Add(new(term, file.Trader, written));
            if (!AsFiles)
            {
                _log.Add(file.Records[^1]);
            }
        }
    }

    /// <summary>A file holds any part of it from the beginning on, or nothing; a database all or nothing, and nothing of a fenced writer.</summary>
    private void Tear(long term, IReadOnlyList<AccountRecord> records)
    {
        var written = AsFiles ? _random.Next(records.Count + 1) : _random.Next(2) * records.Count;
        if (written > 0 && (AsFiles || !IsFenced(term)))
        {
            Torn++;
            Write(term, records.Take(written));
        }
    }

    private bool Fails()
    {
        var fails = simulator.NowUs < CalmAfterUs && _random.NextDouble() < FailChance;
        Failures += fails ? 1 : 0;
        return fails;
    }

    /// <summary>A step that the process takes: later when it is paused by then, never when it is dead.</summary>
    private void InProcess(SimulatedHost<PeerMessage> host, Action step, Action? dies = null) =>
        simulator.At(simulator.NowUs + _random.NextInt64(MaxDelayUs), () =>
        {
            if (host.Alive)
            {
                host.Complete(0, step);
            }
            else
            {
                dies?.Invoke();
            }
        });

    private sealed class TermFile(long term, int trader)
    {
        public long Term { get; } = term;

        public int Trader { get; } = trader;

        /// <summary>Its claimant has read what came before, and says from where on it goes on.</summary>
        public bool Complete { get; set; }

        public TermFile? Before { get; set; }

        public int BeforeCount { get; set; }

        public List<JournalEntry> Records { get; } = [];
    }
}
