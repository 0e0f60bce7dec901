namespace Lab.Coordination.Elections;

/// <summary>What the bully algorithm says (Garcia-Molina 1982).</summary>
public enum ElectionMessageKind
{
    /// <summary>To those with higher ids: is one of you there?</summary>
    Election,

    /// <summary>From a higher id: I am, leave it to me.</summary>
    Answer,

    /// <summary>To everybody: I lead, in this term.</summary>
    Coordinator,

    /// <summary>To everybody: I lead no longer, elect another one.</summary>
    Resigned,
}

/// <summary>A message of an election.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Term">
/// With <see cref="ElectionMessageKind.Coordinator"/> and <see cref="ElectionMessageKind.Resigned"/> the sender's own term,
/// else the highest it has heard of.
/// </param>
public readonly record struct ElectionMessage(ElectionMessageKind Kind, long Term);
