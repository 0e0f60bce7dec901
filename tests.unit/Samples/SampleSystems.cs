using Lab.Harness.Experiments;
using Lab.Harness.Systems.Calibration;
using Lab.Harness.Systems.Echo;
using Lab.Harness.Systems.Marketplace;
using Lab.Harness.Systems.TradingPost;

namespace Lab.Tests.Samples;

/// <summary>The lab's systems as they describe themselves, on a machine that allows everything.</summary>
public static class SampleSystems
{
    public static MachineAbilities Machine { get; } = new(19_700, new Dictionary<string, string>());

    public static Deployments Deployments { get; } = Deployments.Load(Path.Combine(SampleResults.Root(), "experiments", Deployments.FileName));

    public static SystemDescription Marketplace { get; } = MarketplaceModule.Describe(Deployments, Machine);

    public static SystemDescription Echo { get; } = EchoModule.Describe(Machine);

    public static SystemDescription TradingPost { get; } = TradingPostModule.Describe(Deployments, Machine);

    public static SystemDescription Calibration { get; } = CalibrationModule.Describe(Machine);

    public static PublishedFigures Published(SystemDescription system) =>
        PublishedFigures.Read(Path.Combine(SampleResults.Root(), "experiments", "published", $"{system.Name}.csv"), system);
}
