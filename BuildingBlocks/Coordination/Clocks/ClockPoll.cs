namespace Lab.Coordination.Clocks;

/// <summary>What the leader has heard in a round, and what it makes of it (Cristian 1989 for each clock, Gusella and Zatti 1989 for all).</summary>
internal sealed class ClockPoll(int leader, IReadOnlyList<int> members, AdjustableClock clock, ClockSynchronizationOptions options)
{
    /// <summary>Three readings, each of a clock that ticks in microseconds, go into an offset.</summary>
    private const long ReadingErrorUs = 2;

    private readonly long[] _sentUs = new long[options.Samples];
    private readonly Dictionary<int, Answers> _answers = [];
    private readonly HashSet<int> _adjusted = [leader];
    private List<ClockMember> _members = [];

    public int Sent { get; private set; }

    public bool IsComplete =>
        Sent == options.Samples && _answers.Count == members.Count && _answers.Values.All(answers => answers.Heard == (1UL << (Sent - 1) << 1) - 1);

    /// <summary>The corrections are known, and all who answered have made them.</summary>
    public bool IsAdjusted => _members.All(member => member.State == ClockMemberState.Silent || _adjusted.Contains(member.Id));

    /// <summary>Members that answered and have not said that they have made their correction.</summary>
    public IEnumerable<ClockMember> Unconfirmed => _members.Where(member => member.State != ClockMemberState.Silent && !_adjusted.Contains(member.Id));

    public int NextSample()
    {
        _sentUs[Sent] = clock.UncorrectedUs;
        return Sent++;
    }

    public long SessionOf(int member) => _answers[member].Session;

    public void Hear(int from, ClockMessage reading)
    {
        var nowUs = clock.UncorrectedUs;
        if (!members.Contains(from) || reading.Sample < 0 || reading.Sample >= Sent)
        {
            return;
        }

        if (!_answers.TryGetValue(from, out var answers) || answers.Session != reading.Session)
        {
            // Another process, with another clock: what the one before said is void.
            _answers[from] = answers = new Answers(reading.Session);
        }

        var sentUs = _sentUs[reading.Sample];
        answers.Heard |= 1UL << reading.Sample;
        if (nowUs - sentUs >= answers.RoundTripUs)
        {
            return;
        }

        answers.RoundTripUs = nowUs - sentUs;
        answers.SentUs = sentUs;
        var readUs = options.CompensatesRoundTrip ? sentUs + (answers.RoundTripUs / 2) : nowUs;
        answers.OffsetUs = reading.ValueUs - (readUs + clock.CorrectionUs);
    }

    /// <summary>Finds the correction of each, and gives the leader's own.</summary>
    public long Conclude()
    {
        var clocks = _answers.Select(answer => (Id: answer.Key, answer.Value.OffsetUs)).Append((Id: leader, OffsetUs: 0L)).OrderBy(known => known.OffsetUs).ToList();
        var agreeing = options.RejectsOutliers ? Agreeing(clocks) : clocks;
        var averageUs = (long)agreeing.Average(known => (double)known.OffsetUs);
        _members = [Describe(leader), .. members.Select(Describe)];
        return averageUs;

        ClockMember Describe(int id)
        {
            if (id == leader)
            {
                return new ClockMember(id, ClockMemberState.Corrected, IsOutlier(id), 0, averageUs, 0, 0);
            }

            return _answers.TryGetValue(id, out var answers)
                ? new ClockMember(id, ClockMemberState.Unconfirmed, IsOutlier(id), answers.OffsetUs, averageUs - answers.OffsetUs, answers.RoundTripUs, ErrorUs(answers))
                : new ClockMember(id, ClockMemberState.Silent, false, 0, 0, 0, 0);
        }

        bool IsOutlier(int id) => agreeing.TrueForAll(known => known.Id != id);
    }

    public void Confirm(int from, long session)
    {
        if (_answers.TryGetValue(from, out var answers) && answers.Session == session)
        {
            _adjusted.Add(from);
        }
    }

    /// <summary>The result, as of now.</summary>
    public ClockRound Result(long term, long number)
    {
        var states = _members.Select(member => _adjusted.Contains(member.Id) ? member with { State = ClockMemberState.Corrected } : member).ToList();
        var corrected = states.Where(member => member.State == ClockMemberState.Corrected && member.Id != leader).ToList();
        long boundUs = 0;
        if (corrected.Count > 0)
        {
            var sinceUs = clock.UncorrectedUs - corrected.Min(member => _answers[member.Id].SentUs);
            boundUs = corrected.Select(member => member.ErrorUs).OrderDescending().Take(2).Sum() + ClockRound.DriftUs(sinceUs, options.MaxDriftPpm) + ReadingErrorUs;
        }

        return new ClockRound(term, number, clock.NowUs, states, boundUs, options.MaxDriftPpm);
    }

    /// <summary>The member's clock was read somewhere between the least way there and the least way back.</summary>
    private long ErrorUs(Answers answers) => Math.Max(0, ((answers.RoundTripUs + 1) / 2) - options.MinOneWayDelayUs) + ReadingErrorUs;

    /// <summary>
    /// The largest group of clocks no two of which differ by more than the tolerance; of several the one the leader is in, else
    /// the slowest.
    /// </summary>
    private List<(int Id, long OffsetUs)> Agreeing(List<(int Id, long OffsetUs)> clocks)
    {
        var best = (From: 0, Count: 0, HasLeader: false);
        for (var (from, to) = (0, 0); from < clocks.Count; from++)
        {
            while (to < clocks.Count && clocks[to].OffsetUs - clocks[from].OffsetUs <= options.ToleranceUs)
            {
                to++;
            }

            var hasLeader = clocks.FindIndex(from, to - from, known => known.Id == leader) >= 0;
            if (to - from > best.Count || (to - from == best.Count && hasLeader && !best.HasLeader))
            {
                best = (from, to - from, hasLeader);
            }
        }

        return clocks.GetRange(best.From, best.Count);
    }

    private sealed class Answers(long session)
    {
        public long Session { get; } = session;

        /// <summary>Which samples have come, a bit for each.</summary>
        public ulong Heard { get; set; }

        public long RoundTripUs { get; set; } = long.MaxValue;

        public long SentUs { get; set; }

        public long OffsetUs { get; set; }
    }
}
