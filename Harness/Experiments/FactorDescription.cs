using System.Globalization;
using Lab.Harness.Archive;

namespace Lab.Harness.Experiments;

/// <summary>Something an experiment may vary, and the values it may take.</summary>
public abstract record FactorDescription(string Name)
{
    /// <summary>Every group must say it; of other factors the system has a default.</summary>
    public bool Required { get; init; }

    /// <inheritdoc cref="FactorInfo.Title"/>
    public string Title { get; init; } = Name.Replace('_', ' ');

    /// <inheritdoc cref="FactorInfo.NamesItsValues"/>
    public bool NamesItsValues { get; init; }

    /// <inheritdoc cref="FactorInfo.HasOwnAnalyser"/>
    public bool HasOwnAnalyser { get; init; }

    /// <inheritdoc cref="FactorInfo.SwitchCost"/>
    public int SwitchCost { get; init; }

    /// <summary>For the archive.</summary>
    public FactorInfo Info => new(Name, Title)
    {
        Parts = Resolved is [var only] && only == Name ? [] : Resolved,
        NamesItsValues = NamesItsValues,
        HasOwnAnalyser = HasOwnAnalyser,
        SwitchCost = SwitchCost,
    };

    /// <summary>The allowed values in words, to follow "expected".</summary>
    public abstract string Expected { get; }

    /// <summary>Near misses are looked for among these.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>The factors that a cell gets for it.</summary>
    public virtual IReadOnlyList<string> Resolved => [Name];

    /// <summary>The value means another number on another machine.</summary>
    public virtual bool DependsOnMachine(string value) => false;

    /// <summary>Adds what a cell gets for a value as written in a file; false when the value is not allowed.</summary>
    public abstract bool TryResolve(string value, IDictionary<string, object> factors);

    /// <summary>
    /// Reads a number written without sign, leading zeros or spaces, so that one number has one spelling.
    /// </summary>
    protected static bool TryNumber(string text, long minimum, long maximum, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number >= minimum && number <= maximum
        && (text[0] != '0' || text.Length == 1);
}

/// <summary>A factor that is a whole number.</summary>
public sealed record NumberFactor(string Name, long Minimum, long Maximum) : FactorDescription(Name)
{
    public override string Expected => $"a whole number from {Minimum} to {Maximum}";

    public override bool TryResolve(string value, IDictionary<string, object> factors)
    {
        if (!TryNumber(value, Minimum, Maximum, out var number))
        {
            return false;
        }

        factors[Name] = number;
        return true;
    }
}

/// <summary>
/// A whole number, or <c>max</c>: as many as this machine allows; or a multiple of that, such as <c>2*max</c>.
/// </summary>
/// <param name="Name">The factor.</param>
/// <param name="Minimum">The least number that a file may write.</param>
/// <param name="Maximum">The largest number that a file may write.</param>
/// <param name="Most">What <c>max</c> stands for here.</param>
public sealed record LimitedNumberFactor(string Name, long Minimum, long Maximum, long Most) : FactorDescription(Name)
{
    /// <summary>The word for what the machine allows.</summary>
    public const string Limit = "max";

    private const long LargestMultiple = 100;

    public override string Expected =>
        $"a whole number from {Minimum} to {Maximum}, or {Limit} (as many as one process may open here), or a multiple such as 2*{Limit}";

    public override IReadOnlyList<string> Words => [Limit];

    public override bool DependsOnMachine(string value) => value.EndsWith(Limit, StringComparison.Ordinal);

    public override bool TryResolve(string value, IDictionary<string, object> factors)
    {
        if (Resolve(value) is not { } number)
        {
            return false;
        }

        factors[Name] = number;
        return true;
    }

    private long? Resolve(string value)
    {
        if (value == Limit)
        {
            return Most;
        }

        return value.Split('*') switch
        {
            [var multiple, Limit] when TryNumber(multiple, 2, LargestMultiple, out var times) => times * Most,
            [var text] when TryNumber(text, Minimum, Maximum, out var number) => number,
            _ => null,
        };
    }
}

/// <summary>A factor that is one of a few words.</summary>
public sealed record WordFactor(string Name, IReadOnlyList<string> Allowed) : FactorDescription(Name)
{
    public override string Expected => $"one of: {string.Join(", ", Allowed)}";

    public override IReadOnlyList<string> Words => Allowed;

    public override bool TryResolve(string value, IDictionary<string, object> factors)
    {
        factors[Name] = value;
        return Allowed.Contains(value);
    }
}

/// <summary>
/// Numbers of two kinds of clients in one value: <c>10+10</c> gives a cell ten of each, as two factors.
/// </summary>
public sealed record ClientsFactor(string Name, string First, string Second, long Minimum, long Maximum)
    : FactorDescription(Name)
{
    public override string Expected => $"{First}+{Second}, such as 10+10, each from {Minimum} to {Maximum}";

    public override IReadOnlyList<string> Resolved => [First, Second];

    public override bool TryResolve(string value, IDictionary<string, object> factors)
    {
        var parts = value.Split('+');
        if (parts.Length != 2
            || !TryNumber(parts[0], Minimum, Maximum, out var first)
            || !TryNumber(parts[1], Minimum, Maximum, out var second))
        {
            return false;
        }

        factors[First] = first;
        factors[Second] = second;
        return true;
    }
}
