namespace Lab.Coordination.Elections;

/// <summary>How a <see cref="BullyElection"/> goes about it.</summary>
public sealed record ElectionOptions
{
    /// <summary>
    /// True: higher ids are asked all at once. False, as the published report did: one after the other, from the
    /// next higher id upwards, until one answers; whoever is asked asks on, even if it believes its leader to be there.
    /// </summary>
    public bool Parallel { get; init; } = true;

    /// <summary>How long to wait for the answer of a higher id before it counts as gone.</summary>
    public long AnswerTimeoutUs { get; init; } = 100_000;

    /// <summary>How long a higher id that answered may take to announce itself before the election begins anew.</summary>
    public long CoordinatorTimeoutUs { get; init; } = 300_000;

    /// <summary>
    /// How long a leader that was fenced, or whose claim failed, waits for its successor's word before it stands again;
    /// up to half as long again is added at random, so that two who take the term from each other fall out of step.
    /// </summary>
    public long FencedPatienceUs { get; init; } = 500_000;

    /// <summary>
    /// The longest rest. Each time the store fails a node that claims or leads, its next rest is twice as long as the one
    /// before, from the third one on: a store that cannot be used must not be asked for terms without end.
    /// </summary>
    public long LongestPatienceUs { get; init; } = 8_000_000;

    /// <summary>How often the leader repeats its word, for those who missed it.</summary>
    public long RepeatUs { get; init; } = 250_000;
}
