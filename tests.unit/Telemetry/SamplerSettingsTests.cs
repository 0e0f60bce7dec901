using Lab.ServiceDefaults.Telemetry;
using Lab.Telemetry.Requests;

namespace Lab.Tests.Unit.Telemetry;

public class SamplerSettingsTests
{
    [Theory]
    [InlineData(false, null, null, TraceSampling.None, 0.01)]
    [InlineData(false, "always_on", null, TraceSampling.None, 0.01)]
    [InlineData(true, null, null, TraceSampling.All, 0.01)]
    [InlineData(true, "always_off", null, TraceSampling.None, 0.01)]
    [InlineData(true, "traceidratio", "0.25", TraceSampling.Ratio, 0.25)]
    [InlineData(true, "parentbased_traceidratio", "7", TraceSampling.Ratio, 0.01)]
    [InlineData(true, "parentbased_traceidratio", "-1", TraceSampling.Ratio, 0.01)]
    public void The_standard_variables_say_what_is_traced_if_anybody_receives_it(
        bool isExported, string? sampler, string? argument, TraceSampling sampling, double ratio)
    {
        using var tracer = SamplerSettings.Create("marketplace", isExported, sampler, argument);
        Assert.Equal((sampling, ratio), (tracer.Sampling, tracer.Ratio));
    }

    [Fact]
    public async Task The_factor_switches_a_running_server()
    {
        using var tracer = SamplerSettings.Create("marketplace", isExported: false, null, null);
        var factor = new TracingFactor(tracer);
        Assert.Equal("none", factor.Current);
        await factor.SetAsync("tail", TestContext.Current.CancellationToken);
        Assert.Equal(TraceSampling.Tail, tracer.Sampling);
        Assert.NotNull(tracer.Begin());
    }

    /// <summary>The harness offers what the servers understand.</summary>
    [Fact]
    public void Experiments_may_ask_for_what_servers_can_do()
    {
        using var tracer = SamplerSettings.Create("marketplace", isExported: false, null, null);
        Assert.Equal(new TracingFactor(tracer).Values, Lab.Harness.Experiments.CommonFactors.TracingModes);
    }
}
