namespace Lab.Harness.Systems;

/// <summary>The systems of a lab.</summary>
public sealed class SystemModules(params IReadOnlyList<SystemModule> all)
{
    /// <summary>Those of this lab: a new one is added here.</summary>
    public static SystemModules Default { get; } =
        new(
        Marketplace.MarketplaceModule.Create(),
        Echo.EchoModule.Create(),
        TradingPost.TradingPostModule.Create(),
        MedalTally.MedalTallyModule.Create(),
        Calibration.CalibrationModule.Create());

    public IReadOnlyList<SystemModule> All => all;

    /// <summary>Null for a system that this lab does not have: archives may come from another one.</summary>
    public SystemModule? Find(string name) => all.FirstOrDefault(system => system.Name == name);
}
