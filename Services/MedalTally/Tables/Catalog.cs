namespace Lab.MedalTally.Tables;

/// <summary>What can be asked for: the same in every process of the system, so that requests name things by their number.</summary>
public static class Catalog
{
    /// <summary>Teams by number.</summary>
    public static IReadOnlyList<string> Teams { get; } = ["Gaul", "Rome", "Egypt", "Britannia"];

    /// <summary>Events by number. Rome plays against Gaul in each.</summary>
    public static IReadOnlyList<string> Events { get; } = ["Stone Curling", "Stone Skating", "Stone Jumping"];

    /// <summary>As requests spell them, by <see cref="Medal"/>.</summary>
    public static IReadOnlyList<string> Medals { get; } = ["gold", "silver", "bronze"];

    /// <returns>The number of a name; negative: there is none.</returns>
    public static int Find(IReadOnlyList<string> names, string name)
    {
        for (var index = 0; index < names.Count; index++)
        {
            if (string.Equals(names[index], name, StringComparison.Ordinal))
            {
                return index;
            }
        }

        return -1;
    }
}

/// <summary>What a team can win.</summary>
public enum Medal
{
    Gold,
    Silver,
    Bronze,
}
