using Lab.Topology;

namespace Lab.Tests.Unit.Topology;

public class LabTopologyTests
{
    [Fact]
    public void A_run_of_some_systems_has_what_they_need_and_nothing_else()
    {
        var echo = LabTopology.For(["echo"]);
        Assert.Empty(echo.Databases);
        Assert.All(echo.Services, service => Assert.Equal("echo", service.System));
        var calibration = LabTopology.For(["calibration"]);
        Assert.Single(calibration.Databases);
        Assert.Equal(["calibration-echo", "calibration-http"], calibration.Services.Select(service => service.Name));
    }

    [Fact]
    public void The_whole_lab_is_all_of_its_systems()
    {
        var complete = LabTopology.Complete();
        var systems = complete.Services.Select(service => service.System).Distinct().ToList();
        Assert.Equal(complete.Services.Select(service => service.Name), LabTopology.For(systems).Services.Select(service => service.Name));
    }

    [Fact]
    public void An_unknown_system_is_named() =>
        Assert.Contains("'cinema'", Assert.Throws<ArgumentException>(() => LabTopology.For(["echo", "cinema"])).Message, StringComparison.Ordinal);
}
