using System.Globalization;
using Lab.LocalHost;

namespace Lab.Harness.Experiments;

/// <summary>What every system may vary when it runs in containers.</summary>
public static class ContainerFactors
{
    /// <summary>What each service of the system may use at most.</summary>
    public const string Limits = "limits";

    /// <summary>What the services run in: both kinds in one run, side by side.</summary>
    public const string Isolation = "isolation";

    public const string Process = "process";
    public const string Container = "container";

    public static IReadOnlyList<FactorDescription> All { get; } =
        [new LimitsFactor(Limits) { SwitchCost = 1 }, new WordFactor(Isolation, [Process, Container])];

    /// <summary>A cell that runs beside the others, as processes.</summary>
    public static bool RunsAsProcesses(Cell cell) => cell.Word(Isolation, "") == Process;

    /// <summary>The limits of a cell; null: none.</summary>
    public static ResourceLimits? LimitsOf(Cell cell) => LimitsFactor.Parse(cell.Word(Limits, LimitsFactor.None));

    /// <summary>A cell that differs from the ordinary ones in what its services run in, or may use.</summary>
    public static bool AreStated(IReadOnlyDictionary<string, object> factors) => factors.ContainsKey(Limits) || factors.ContainsKey(Isolation);

    /// <summary>Why a cell that states one of these factors does not run here, or null.</summary>
    internal static Obstacle? Obstacle(IReadOnlyDictionary<string, object> factors, MachineAbilities machine) =>
        (factors.ContainsKey(Limits), factors.ContainsKey(Isolation)) switch
        {
            (true, _) when machine.WhyNoLimits is { } reason => new Obstacle(Limits, reason),
            (_, true) when machine.WhyNoContainers is { } reason => new Obstacle(Isolation, reason),
            _ => null,
        };
}

/// <summary>Processors and memory of each service, written <c>{ cpus: 0.5, memory_mb: 512 }</c>, or <c>none</c>.</summary>
public sealed record LimitsFactor(string Name) : FactorDescription(Name)
{
    public const string None = "none";

    private const decimal LeastCpus = 0.05m;
    private const decimal MostCpus = 1024;
    private const int LeastMemoryMb = 64;
    private const int MostMemoryMb = 1024 * 1024;

    public override string Expected =>
        $"{None}, or {{ cpus: 0.5, memory_mb: 512 }} with cpus from {LeastCpus.ToString(CultureInfo.InvariantCulture)} to {MostCpus} and memory_mb from {LeastMemoryMb} to {MostMemoryMb}";

    public override IReadOnlyList<string> Words => [None];

    public override bool TryResolve(string value, IDictionary<string, object> factors)
    {
        var limits = value == None ? null : Read(value);
        if (value != None && (limits is null || limits.Cpus is < LeastCpus or > MostCpus || limits.MemoryMb is < LeastMemoryMb or > MostMemoryMb))
        {
            return false;
        }

        factors[Name] = value;
        return true;
    }

    /// <summary>The limits in a cell's value; null for <see cref="None"/>.</summary>
    /// <exception cref="FormatException">It is no value of this factor.</exception>
    internal static ResourceLimits? Parse(string value) =>
        value == None ? null : Read(value) ?? throw new FormatException($"'{value}' are no limits");

    /// <summary>As <see cref="MatrixValue"/> writes it, with one spelling for each number.</summary>
    private static ResourceLimits? Read(string value) => value.Split(' ', '=') switch
    {
        ["cpus", var cpusText, "memory_mb", var memoryText]
            when decimal.TryParse(cpusText, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus)
            && cpus.ToString("0.####", CultureInfo.InvariantCulture) == cpusText
            && int.TryParse(memoryText, NumberStyles.None, CultureInfo.InvariantCulture, out var memoryMb)
            && memoryMb.ToString(CultureInfo.InvariantCulture) == memoryText => new ResourceLimits(cpus, memoryMb),
        _ => null,
    };
}
