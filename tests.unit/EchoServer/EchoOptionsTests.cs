using Lab.EchoServer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.Tests.Unit.EchoServer;

public class EchoOptionsTests
{
    [Fact]
    public void Without_settings_it_is_the_echo_of_the_calibration()
    {
        var options = Read();
        Assert.Equal("127.0.0.1:0", options.FramedPort()?.ToString());
        Assert.Empty(options.RawPorts());
    }

    [Fact]
    public void A_process_can_have_several_ports()
    {
        var options = Read(("Echo:Framed", "127.0.0.1:7000"), ("Echo:Listen:async", "127.0.0.1:7001"), ("Echo:Listen:kestrel", "127.0.0.1:7002"));
        Assert.Equal("127.0.0.1:7000", options.FramedPort()?.ToString());
        Assert.Equal(["async 127.0.0.1:7001", "kestrel 127.0.0.1:7002"], options.RawPorts().Select(port => $"{port.Engine} {port.Listen}"));
        Assert.False(options.SharePort);
    }

    [Fact]
    public void Ports_without_frames_can_be_all_there_is_and_can_be_shared()
    {
        var options = Read(("Echo:Listen:threads", "127.0.0.1:7001"), ("Echo:SharePort", "true"));
        Assert.Null(options.FramedPort());
        Assert.True(options.SharePort);
    }

    [Theory]
    [InlineData("Echo:Listen:forks", "127.0.0.1:7001", "Echo:Listen:forks: there is no engine 'forks'; there are: threads, ")]
    [InlineData("Echo:Listen:async", "nowhere", "Echo:Listen:async must be ADDRESS:PORT such as 127.0.0.1:7000, not 'nowhere'")]
    [InlineData("Echo:Listen:async", "127.0.0.1", "Echo:Listen:async must be ADDRESS:PORT")]
    [InlineData("Echo:Framed", "localhost:1", "Echo:Framed must be ADDRESS:PORT")]
    public void What_cannot_be_is_refused_with_words(string key, string value, string message)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Read((key, value)));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_truth_value_is_refused_with_words()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Read(("Echo:SharePort", "perhaps")));
        Assert.Contains("'perhaps' at 'Echo:SharePort' to type 'System.Boolean'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kestrel_shares_no_port() => Assert.Throws<OptionsValidationException>(
        () => Read(("Echo:Listen:kestrel", "127.0.0.1:7001"), ("Echo:SharePort", "true")));

    private static EchoOptions Read(params (string Key, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))).Build());
        EchoOptions.AddTo(services);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<EchoOptions>>().Value;
    }
}
