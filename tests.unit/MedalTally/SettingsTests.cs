using Lab.MedalTally;
using Lab.MedalTally.FrontEnds;
using Lab.MedalTally.Group;
using Lab.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Lab.Tests.Unit.MedalTally;

public class SettingsTests
{
    [Fact]
    public void What_is_set_arrives()
    {
        var options = Read(
            ("MedalTally:Listen", "127.0.0.1:7001"),
            ("MedalTally:FrontEnds:0", "127.0.0.1:7002"),
            ("MedalTally:FrontEnds:1", "127.0.0.1:7003"),
            ("MedalTally:FrontEndsAtStart", "2"),
            ("MedalTally:AnnouncerSecret", "hush"),
            ("ConnectionStrings:mysql", "Server=host"));
        Assert.Equal(("127.0.0.1:7001", 2, "hush", "Server=host"), (options.Listen, options.FrontEndsAtStart, options.AnnouncerSecret, options.MySql));
        Assert.Equal(["127.0.0.1:7002", "127.0.0.1:7003"], options.FrontEnds);
    }

    [Theory]
    [InlineData("MedalTally:Listen", "nowhere", "MedalTally:Listen must be ADDRESS:PORT")]
    [InlineData("MedalTally:Tables", "host:80", "MedalTally:Tables must be ADDRESS:PORT")]
    [InlineData("MedalTally:FrontEnds:0", "x", "MedalTally:FrontEnds:0 must be ADDRESS:PORT")]
    [InlineData("MedalTally:Members:0", "x", "MedalTally:Members:0 must be ADDRESS:PORT")]
    [InlineData("MedalTally:Database", "nowhere", "MedalTally:Database must be HOST:PORT")]
    [InlineData("MedalTally:DatabaseLink", "a:b", "MedalTally:DatabaseLink must be HOST:PORT")]
    [InlineData("MedalTally:AnnouncerSecret", "", "MedalTally:AnnouncerSecret must not be empty")]
    public void What_cannot_be_is_named(string setting, string value, string message) =>
        Assert.StartsWith(message, Assert.Single(Assert.Throws<OptionsValidationException>(() => Read((setting, value))).Failures), StringComparison.Ordinal);

    [Fact]
    public void Lists_that_do_not_fit_each_other_are_named()
    {
        var two = new[] { ("MedalTally:FrontEnds:0", "127.0.0.1:1"), ("MedalTally:FrontEnds:1", "127.0.0.1:2") };
        Refused("MedalTally:FrontEndsAtStart must be between 1 and 2, not 3", [.. two, ("MedalTally:FrontEndsAtStart", "3")]);
        Refused("MedalTally:FrontEndLinks must be as many", [.. two, ("MedalTally:FrontEndLinks:0", "127.0.0.1:3")]);
        Refused("MedalTally:FrontEnds are at most 16", [.. Enumerable.Range(0, 17).Select(number => ($"MedalTally:FrontEnds:{number}", $"127.0.0.1:{number + 1}"))]);
        Refused(
            "MedalTally:MemberLinks must be as many",
            ("MedalTally:Members:0", "127.0.0.1:1"), ("MedalTally:Members:1", "127.0.0.1:2"), ("MedalTally:MemberLinks:0", "127.0.0.1:3"));

        static void Refused(string message, params (string, string)[] settings) => Assert.StartsWith(
            message, Assert.Single(Assert.Throws<OptionsValidationException>(() => Read(settings)).Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_come_from_the_token_and_say_nothing_of_it_or_of_each_other()
    {
        var (secrets, same, other) = (new TallySecrets(null, "token"), new TallySecrets(null, "token"), new TallySecrets(null, "Token"));
        Assert.Equal((secrets.Announcer, secrets.Tiers), (same.Announcer, same.Tiers));
        Assert.Equal(secrets.Announcer, TallySecrets.OfAnnouncer("token"));
        Assert.Equal(4, new HashSet<string>([secrets.Announcer, secrets.Tiers, other.Announcer, other.Tiers], StringComparer.Ordinal).Count);
        Assert.DoesNotContain("token", secrets.Announcer + secrets.Tiers, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("own", new TallySecrets("own", "token").Announcer);
        Assert.Equal(secrets.Tiers, new TallySecrets("own", "token").Tiers);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Without_a_token_nobody_is_believed(string? token)
    {
        var (secrets, same) = (new TallySecrets(null, token), new TallySecrets(null, token));
        Assert.NotEqual(secrets.Tiers, same.Tiers);
        Assert.False(secrets.IsAnnouncer(same.Announcer));
        Assert.False(secrets.IsAnnouncer(TallySecrets.OfAnnouncer("")));
        Assert.False(secrets.IsAnnouncer(""));
    }

    [Theory]
    [InlineData("connections 0", 0)]
    [InlineData("connections 12", 12)]
    [InlineData("connections", null)]
    [InlineData("connections ", null)]
    [InlineData("connections x", null)]
    [InlineData("connections -1", null)]
    [InlineData("connections 99999999999", null)]
    [InlineData("info: something is logged", null)]
    [InlineData("", null)]
    public void A_line_of_a_front_end_is_read_or_is_none(string line, int? connections)
    {
        Assert.Equal(connections, FrontEndLine.Read(line)?.Connections);
        if (connections is { } known)
        {
            Assert.Equal(line, new FrontEndLine(known).Write());
        }
    }

    [Fact]
    public void A_group_that_cannot_be_opened_is_refused_with_the_reason()
    {
        var good = new GroupSettings { Run = 1, Members = 3, OffsetsUs = [3_600_000_000, -3_600_000_000], DriftsPpm = [200, -200] };
        Assert.Null(good.WhyNot(most: 3));
        Assert.StartsWith("members is 2 to 2", (good with { }).WhyNot(most: 2), StringComparison.Ordinal);
        Assert.StartsWith("members is 2 to 3", (good with { Members = 1 }).WhyNot(most: 3), StringComparison.Ordinal);
        Assert.StartsWith("clockPeriodMs", (good with { ClockPeriodMs = 49 }).WhyNot(most: 3), StringComparison.Ordinal);
        Assert.StartsWith("order", (good with { Order = (RequestOrder)9 }).WhyNot(most: 3), StringComparison.Ordinal);
        foreach (var offset in new[] { 3_600_000_001, long.MinValue, long.MaxValue })
        {
            Assert.StartsWith("offsetsUs", (good with { OffsetsUs = [offset] }).WhyNot(most: 3), StringComparison.Ordinal);
        }

        foreach (var drift in new[] { 201, int.MinValue, int.MaxValue })
        {
            Assert.StartsWith("driftsPpm", (good with { DriftsPpm = [drift] }).WhyNot(most: 3), StringComparison.Ordinal);
        }

        Assert.StartsWith("offsetsUs", (good with { OffsetsUs = null! }).WhyNot(most: 3), StringComparison.Ordinal);
        Assert.StartsWith("driftsPpm", (good with { DriftsPpm = null! }).WhyNot(most: 3), StringComparison.Ordinal);
    }

    private static MedalTallyOptions Read(params (string Setting, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Setting, (string?)setting.Value))).Build());
        services.AddSingleton(new ServiceOptions());
        MedalTallyOptions.AddTo(services);
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IStartupValidator>().Validate();
        return provider.GetRequiredService<IOptions<MedalTallyOptions>>().Value;
    }
}
