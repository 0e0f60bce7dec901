namespace Lab.Harness.Experiments;

/// <summary>
/// Factors that several systems have, by the same names and with the same meaning. A running system takes another value of
/// them; how much that costs decides the order of cells (<see cref="FactorDescription.SwitchCost"/>).
/// </summary>
public static class CommonFactors
{
    /// <summary>Where the system runs.</summary>
    public const string Deployment = "deployment";

    /// <summary>The deployment that is this machine alone.</summary>
    public const string Local = "local";

    /// <summary>How a server waits for its connections.</summary>
    public const string Engine = "engine";

    public const string Cache = "cache";

    /// <summary>The value of <see cref="Cache"/> that others are compared with.</summary>
    public const string Off = "off";

    /// <summary>Which requests are followed through a system.</summary>
    public const string Tracing = "tracing";

    /// <summary>The values of <see cref="Tracing"/>.</summary>
    public static IReadOnlyList<string> TracingModes { get; } = ["none", "ratio", "all", "tail"];

    public static FactorDescription DeploymentOf(Deployments deployments) =>
        new WordFactor(Deployment, deployments.Names) { SwitchCost = 5, HasOwnAnalyser = true };

    public static FactorDescription EngineOf(IReadOnlyList<string> engines) => new WordFactor(Engine, engines) { SwitchCost = 4 };

    public static FactorDescription CacheOf(params IReadOnlyList<string> caches) =>
        new WordFactor(Cache, [Off, .. caches]) { SwitchCost = 3, HasOwnAnalyser = true };

    public static FactorDescription TracingFactor { get; } = new WordFactor(Tracing, TracingModes) { SwitchCost = 2 };
}
