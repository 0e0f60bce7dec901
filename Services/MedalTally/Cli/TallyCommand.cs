using Lab.MedalTally.Group;
using Lab.MedalTally.Tables;

namespace Lab.MedalTally.Cli;

/// <summary>What a user can ask for, as words of one line: <see cref="TallyParser"/>.</summary>
internal abstract record TallyCommand
{
    /// <summary>For programs instead of people.</summary>
    public bool AsJson { get; init; }

    /// <summary>It is about front-ends, which one tier does not have.</summary>
    public virtual bool IsOfTwoTiers => false;
}

internal sealed record ShowBoard : TallyCommand;

/// <param name="Team">By its number in the catalog.</param>
internal sealed record ShowTally(int Team) : TallyCommand;

/// <param name="Event">By its number in the catalog.</param>
internal sealed record ShowScore(int Event) : TallyCommand;

internal sealed record AddMedal(int Team, Medal Medal) : TallyCommand;

/// <param name="Event">By its number in the catalog.</param>
/// <param name="Rome">Points.</param>
/// <param name="Gaul">Likewise.</param>
internal sealed record SetScore(int Event, long Rome, long Gaul) : TallyCommand;

/// <param name="Event">Null: everything.</param>
internal sealed record WatchUpdates(int? Event) : TallyCommand;

internal abstract record FrontEndCommand : TallyCommand
{
    public override bool IsOfTwoTiers => true;
}

internal sealed record ShowFrontEnds : FrontEndCommand;

/// <param name="Count">So many shall run.</param>
internal sealed record SetFrontEnds(int Count) : FrontEndCommand;

/// <param name="Number">From 1.</param>
internal sealed record KillFrontEnd(int Number) : FrontEndCommand;

internal sealed record ShowRaffle : FrontEndCommand;

internal sealed record DrawWinner : FrontEndCommand;

internal sealed record OpenGroup(RequestOrder Order) : FrontEndCommand;

internal sealed record ShowGroup : FrontEndCommand;

internal sealed record CloseGroup : FrontEndCommand;

internal sealed record ShowHelp : TallyCommand;

internal sealed record Leave : TallyCommand;
