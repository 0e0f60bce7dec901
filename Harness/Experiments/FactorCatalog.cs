using System.Globalization;

namespace Lab.Harness.Experiments;

/// <summary>
/// What the experiments may ask of each system. A new system adds its description here and its scenarios.
/// </summary>
public sealed class FactorCatalog
{
    private readonly OrderedDictionary<string, ScenarioDescription> _systems;

    public FactorCatalog(IEnumerable<ScenarioDescription> systems) => _systems = new(
        systems.Select(system => KeyValuePair.Create(system.System, system)), StringComparer.Ordinal);

    public IReadOnlyCollection<string> Systems => _systems.Keys;

    /// <summary>The systems of this lab.</summary>
    public static FactorCatalog Of(Deployments deployments) => new([Marketplace(deployments), Calibration]);

    /// <summary>What a system understands, or null when there is no such system.</summary>
    public ScenarioDescription? Find(string system) => _systems.GetValueOrDefault(system);

    private static ScenarioDescription Calibration { get; } = new(
        "calibration",
        ["tcp_round_trip", "select_by_key", "insert_row"],
        [new NumberFactor(ScenarioDescription.Clients, 1, 10_000) { Required = true }]);

    private static ScenarioDescription Marketplace(Deployments deployments) => new(
        "marketplace",
        ["get_seller_rating", "search_items", "display_items_for_sale", "register_item_for_sale"],
        [
            new ClientsFactor(ScenarioDescription.Clients, "sellers", "buyers", 1, 10_000) { Required = true },
            new WordFactor("engine", ["threads", "async"]),
            new WordFactor("cache", ["off", "redis"]),
            new WordFactor("deployment", deployments.Names),
            new NumberFactor("items_per_seller", 0, 100_000),
        ]);
}

/// <summary>What the load can do to one system: its operations, and the factors an experiment may vary.</summary>
public sealed record ScenarioDescription
{
    /// <summary>The factor every system has: what a client does.</summary>
    public const string Operation = "operation";

    /// <summary>The factor that says how many clients there are.</summary>
    public const string Clients = "clients";

    private readonly OrderedDictionary<string, FactorDescription> _factors;

    public ScenarioDescription(
        string system, IReadOnlyList<string> operations, IReadOnlyList<FactorDescription> factors)
    {
        System = system;
        FactorDescription[] all = [new WordFactor(Operation, operations) { Required = true }, .. factors];
        _factors = new(all.Select(factor => KeyValuePair.Create(factor.Name, factor)), StringComparer.Ordinal);
    }

    public string System { get; }

    /// <summary>All factors, <see cref="Operation"/> first.</summary>
    public IReadOnlyCollection<FactorDescription> Factors => _factors.Values;

    public FactorDescription? Find(string factor) => _factors.GetValueOrDefault(factor);
}

/// <summary>Something an experiment may vary, and the values it may take.</summary>
public abstract record FactorDescription(string Name)
{
    /// <summary>Every group must say it; of other factors the system has a default.</summary>
    public bool Required { get; init; }

    /// <summary>The allowed values in words, to follow "expected".</summary>
    public abstract string Expected { get; }

    /// <summary>Near misses are looked for among these.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>The factors that a cell gets for it.</summary>
    public virtual IReadOnlyList<string> Resolved => [Name];

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
