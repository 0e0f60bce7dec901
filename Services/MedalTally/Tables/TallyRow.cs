using System.Text.Json.Serialization;

namespace Lab.MedalTally.Tables;

/// <summary>What a row is about.</summary>
public enum RowKind
{
    /// <summary>Of a team: how many gold, silver and bronze medals it has.</summary>
    Team,

    /// <summary>Of an event: how many points Rome and Gaul have.</summary>
    Event,
}

/// <summary>A row of the board, after the write that gave it these values.</summary>
/// <param name="Kind">Whose.</param>
/// <param name="Index">The number in <see cref="Catalog.Teams"/> or <see cref="Catalog.Events"/>.</param>
/// <param name="First">Gold medals, or points of Rome.</param>
/// <param name="Second">Silver medals, or points of Gaul.</param>
/// <param name="Third">Bronze medals.</param>
/// <param name="Version">How many writes the board has seen up to this one; 0: none.</param>
public readonly record struct TallyRow(RowKind Kind, int Index, long First, long Second, long Third, long Version)
{
    [JsonIgnore]
    public string Name => Kind == RowKind.Team ? Catalog.Teams[Index] : Catalog.Events[Index];

    /// <summary>After one more medal.</summary>
    public TallyRow Add(Medal medal, long version) => medal switch
    {
        Medal.Gold => this with { First = First + 1, Version = version },
        Medal.Silver => this with { Second = Second + 1, Version = version },
        _ => this with { Third = Third + 1, Version = version },
    };

    public long this[Medal medal] => medal switch { Medal.Gold => First, Medal.Silver => Second, _ => Third };
}

/// <summary>Something that changes the board: a medal for a team, or the score of an event.</summary>
/// <param name="Kind">Of the row.</param>
/// <param name="Index">Of the row.</param>
/// <param name="Medal">Of a team: which one is added.</param>
/// <param name="Rome">Of an event: its points.</param>
/// <param name="Gaul">Likewise.</param>
public readonly record struct TallyWrite(RowKind Kind, int Index, Medal Medal, long Rome, long Gaul)
{
    public static TallyWrite Increment(int team, Medal medal) => new(RowKind.Team, team, medal, 0, 0);

    public static TallyWrite SetScore(int @event, long rome, long gaul) => new(RowKind.Event, @event, default, rome, gaul);

    /// <summary>Whether there is such a row and such a medal, and no score is negative.</summary>
    [JsonIgnore]
    public bool IsValid => Kind switch
    {
        RowKind.Team => Index >= 0 && Index < Catalog.Teams.Count && Enum.IsDefined(Medal),
        RowKind.Event => Index >= 0 && Index < Catalog.Events.Count && Rome >= 0 && Gaul >= 0,
        _ => false,
    };
}
