using Lab.MedalTally.Api;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Group;

namespace Lab.MedalTally.Cli;

/// <summary>Everything that is known of the medal tally at one time.</summary>
internal sealed record TallyOverview
{
    public bool IsTwoTier { get; init; }

    /// <summary>Null: it has not been read yet.</summary>
    public Board? Board { get; init; }

    /// <summary>When rows of the board, by name, have changed.</summary>
    public IReadOnlyDictionary<string, DateTime> Changed { get; init; } = new Dictionary<string, DateTime>(StringComparer.Ordinal);

    /// <summary>Writes per second, over the last seconds; null while that is not known.</summary>
    public double? WritesPerSecond { get; init; }

    public IReadOnlyList<FrontEndState> FrontEnds { get; init; } = [];

    /// <summary>Which front-end pushes these updates; null: none, or there are no front-ends.</summary>
    public int? Own { get; init; }

    /// <summary>Empty: no group is open.</summary>
    public IReadOnlyList<GroupState> Group { get; init; } = [];

    /// <summary>The latest updates, and what has become of front-ends, in their order.</summary>
    public IReadOnlyList<Happening> Happenings { get; init; } = [];

    /// <summary>Why what is shown may be old; null when it is not.</summary>
    public string? Problem { get; init; }

    public DateTime Now { get; init; }
}

/// <summary>Something that has happened.</summary>
internal sealed record Happening(DateTime At, HappeningKind Kind, string Text);

internal enum HappeningKind
{
    /// <summary>A medal was added.</summary>
    Medal,

    /// <summary>A score was set.</summary>
    Score,

    /// <summary>A front-end has died, or updates were missed.</summary>
    Loss,

    /// <summary>A front-end serves.</summary>
    Start,
}
