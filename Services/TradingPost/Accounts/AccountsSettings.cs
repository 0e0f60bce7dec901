using Lab.TradingPost.Market;

namespace Lab.TradingPost.Accounts;

/// <summary>Where a market's accounts are; the same for all its peers.</summary>
public sealed record AccountsSettings
{
    public required AccountsKind Kind { get; init; }

    /// <summary>With files: the folder of the journal, which all peers can write. One market's alone.</summary>
    public string? Folder { get; init; }

    /// <summary>With MySQL: the server. A secret.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>With MySQL: tells the markets of a server apart; at most 64 characters.</summary>
    public string Market { get; init; } = "market";

    /// <summary>Records between two snapshots: at most about so many are replayed by a claim.</summary>
    public int SnapshotEvery { get; init; } = 5_000;

    /// <summary>Without the secret.</summary>
    public override string ToString() => Kind == AccountsKind.File ? $"files in {Folder}" : $"market {Market} on MySQL";
}
