using Lab.EchoServer;
using Microsoft.Extensions.Configuration;

namespace Lab.Tests.Unit.EchoServer;

public class EchoSettingsTests
{
    [Fact]
    public void Without_settings_it_is_the_echo_of_the_calibration()
    {
        var settings = Read();
        Assert.Equal("127.0.0.1:0", settings.Framed?.ToString());
        Assert.Empty(settings.Raw);
    }

    [Fact]
    public void A_process_can_have_several_ports()
    {
        var settings = Read(("Echo:Listen", "127.0.0.1:7000"), ("Echo:Listen:async", "127.0.0.1:7001"), ("Echo:Listen:kestrel", "127.0.0.1:7002"));
        Assert.Equal("127.0.0.1:7000", settings.Framed?.ToString());
        Assert.Equal(["async 127.0.0.1:7001", "kestrel 127.0.0.1:7002"], settings.Raw.Select(port => $"{port.Engine} {port.Listen}"));
        Assert.False(settings.SharesPort);
    }

    [Fact]
    public void Raw_ports_can_be_all_there_is_and_can_be_shared()
    {
        var settings = Read(("Echo:Listen:threads", "127.0.0.1:7001"), ("Echo:SharePort", "true"));
        Assert.Null(settings.Framed);
        Assert.True(settings.SharesPort);
    }

    [Theory]
    [InlineData("Echo:Listen:forks", "127.0.0.1:7001", "there is no engine 'forks'; there are: threads, ")]
    [InlineData("Echo:Listen:async", "nowhere", "Echo:Listen:async is ADDRESS:PORT, for example 127.0.0.1:7000, not 'nowhere'")]
    [InlineData("Echo:Listen", "localhost:1", "Echo:Listen is ADDRESS:PORT")]
    [InlineData("Echo:SharePort", "perhaps", "Echo:SharePort is true or false, not 'perhaps'")]
    public void What_cannot_be_is_refused_with_words(string key, string value, string message)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Read((key, value)));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Kestrel_shares_no_port() => Assert.Throws<InvalidOperationException>(
        () => Read(("Echo:Listen:kestrel", "127.0.0.1:7001"), ("Echo:SharePort", "true")));

    private static EchoSettings Read(params (string Key, string? Value)[] settings) => EchoSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))).Build());
}
