using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.Services;

/// <summary>A service that is told what cannot work says so in one line, and ends.</summary>
public class InvalidSettingsTests
{
    [Theory]
    [InlineData(2, "unknown option '--sed'", "--sed", "1")]
    [InlineData(2, "measure expects the URL", "measure")]
    [InlineData(2, "measure expects the URL", "measure", "nonsense")]
    [InlineData(0, "The fault proxy: forwards", "--help")]
    public async Task The_fault_proxy_knows_its_arguments(int exitCode, string message, params string[] arguments)
    {
        using var proxy = LabProgram.Start("FaultProxy", new Dictionary<string, string>(StringComparer.Ordinal), arguments);
        Assert.Equal(exitCode, await proxy.WaitForExitAsync());
        Assert.StartsWith(message, proxy.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EchoServer", "Echo__Framed", "nowhere", "Echo:Framed must be ADDRESS:PORT such as 127.0.0.1:7000, not 'nowhere'")]
    [InlineData("EchoServer", "Echo__SharePort", "perhaps", "Failed to convert configuration value 'perhaps' at 'Echo:SharePort'")]
    [InlineData("EchoServer", "Service__AdminUrl", "http://8.8.8.8:5000", "Service:AdminUrl must be a loopback or private address, not '8.8.8.8'")]
    [InlineData("FaultProxy", "FaultProxy__MaxConnections", "0", "FaultProxy:MaxConnections must be between 1 and 1000000, not 0")]
    [InlineData("FaultProxy", "FaultProxy__Seed", "x", "Failed to convert configuration value 'x' at 'FaultProxy:Seed'")]
    [InlineData("Marketplace", "Marketplace__Engine", "forks", "Marketplace:Engine must be one of threads, ")]
    [InlineData("Marketplace", "ConnectionStrings__redis", "", "ConnectionStrings:redis must be a connection string such as 127.0.0.1:6379")]
    public async Task The_start_ends_with_one_line_that_names_the_setting(string project, string variable, string value, string message)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__redis"] = "127.0.0.1:9",
            ["ConnectionStrings__mysql"] = "Server=127.0.0.1;Port=9",
            [variable] = value,
        };
        using var service = LabProgram.Start(project, environment, project == "Marketplace" ? ["serve", "seller"] : []);
        Assert.Equal(1, await service.WaitForExitAsync());
        var line = Assert.Single(service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(message, line, StringComparison.Ordinal);
    }
}
