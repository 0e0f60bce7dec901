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

    [Theory]
    [InlineData("Marketplace", "the limit on open files is 256 (hard limit 256): 10000 connections (Marketplace:MaxConnections) need 10320, and a start 576 at least; type 'ulimit -n 10320'", "serve", "buyer")]
    [InlineData("FaultProxy", "the limit on open files is 256 (hard limit 256): 20000 connections (FaultProxy:MaxConnections) need 40320, and a start 832 at least; type 'ulimit -n 40320'")]
    [InlineData("EchoServer", "the limit on open files is 256 (hard limit 256): 10000 connections (Echo) need 10320, and a start 576 at least; type 'ulimit -n 10320'")]
    [InlineData("TradingPost", "the limit on open files is 256 (hard limit 256): 2000 connections (a peer of TradingPost) need 2320, and a start 576 at least; type 'ulimit -n 2320'", "serve")]
    public async Task The_start_ends_with_one_line_when_too_few_files_may_be_open(string project, string message, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prlimit"), "prlimit (util-linux) is not here");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__redis"] = "127.0.0.1:9",
            ["ConnectionStrings__mysql"] = "Server=127.0.0.1;Port=9",
            ["TradingPost__Peers__0"] = "127.0.0.1:1",
            ["TradingPost__Peers__1"] = "127.0.0.1:2",
        };
        using var service = LabProgram.StartLimited("--nofile=256:256", project, environment, arguments);
        Assert.Equal(1, await service.WaitForExitAsync());
        var line = Assert.Single(service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(message, line, StringComparison.Ordinal);
    }
}
