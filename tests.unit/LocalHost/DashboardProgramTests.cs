using System.Runtime.InteropServices;
using Lab.LocalHost;
using Lab.LocalHost.Resources;

namespace Lab.Tests.Unit.LocalHost;

public class DashboardProgramTests
{
    [Fact]
    public void The_build_has_brought_the_dashboard()
    {
        Assert.SkipUnless(RuntimeInformation.OSArchitecture is Architecture.X64 or Architecture.Arm64, "Aspire has no dashboard for this platform");
        Assert.Equal("Aspire.Dashboard", Path.GetFileName(DashboardProgram.Find()));
    }

    [Theory]
    [InlineData("", "platform")]
    [InlineData("/nowhere/Aspire.Dashboard", "/nowhere/Aspire.Dashboard")]
    public void Without_it_the_reason_is_told(string path, string reason) =>
        Assert.Contains(reason, Assert.Throws<LabStartException>(() => DashboardProgram.Find(path)).Message, StringComparison.Ordinal);
}
