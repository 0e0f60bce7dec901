using System.Security.Cryptography;
using System.Text;
using Lab.ServiceDefaults;
using Lab.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.MedalTally;

/// <summary>What a process of the medal tally is told: <c>MedalTally:</c> of its configuration, and <c>ConnectionStrings:mysql</c>.</summary>
internal sealed class MedalTallyOptions
{
    public const string Section = "MedalTally";

    /// <summary>Of one dispatcher.</summary>
    public const int MostFrontEnds = 16;

    /// <summary>ADDRESS:PORT where HTTP is spoken.</summary>
    public string Listen { get; set; } = "127.0.0.1:0";

    /// <summary>ADDRESS:PORT where the database server serves front-ends.</summary>
    public string Tables { get; set; } = "127.0.0.1:0";

    /// <summary>HOST:PORT of the database server, for front-ends.</summary>
    public string Database { get; set; } = "";

    /// <summary>HOST:PORT of the link to it; empty: there is none.</summary>
    public string DatabaseLink { get; set; } = "";

    /// <summary>ADDRESS:PORT of each front-end that a dispatcher may start.</summary>
    public IReadOnlyList<string> FrontEnds { get; set; } = [];

    /// <summary>HOST:PORT of the links to them; empty: there are none.</summary>
    public IReadOnlyList<string> FrontEndLinks { get; set; } = [];

    /// <summary>Which front-end this is, from 1; 0: none.</summary>
    public int Number { get; set; }

    /// <summary>ADDRESS:PORT of each member that a group can have: the database server, and front-ends.</summary>
    public IReadOnlyList<string> Members { get; set; } = [];

    /// <summary>HOST:PORT of the links to them; empty: there are none.</summary>
    public IReadOnlyList<string> MemberLinks { get; set; } = [];

    /// <summary>Front-ends that run from the start.</summary>
    public int FrontEndsAtStart { get; set; } = 1;

    /// <summary>What whoever writes must say; null: made of the run's token (<see cref="TallySecrets"/>).</summary>
    public string? AnnouncerSecret { get; set; }

    /// <summary>Connection string of a database for boards in MySQL; null: there is none. A secret.</summary>
    public string? MySql { get; set; }

    public static void AddTo(IServiceCollection services)
    {
        services.AddOptions<MedalTallyOptions>()
            .BindConfiguration(Section)
            .Configure<IConfiguration>((options, configuration) => options.MySql = configuration.GetConnectionString("mysql"))
            .Check(options => options.Problems());
        services.AddSingleton(provider => new TallySecrets(
            provider.GetRequiredService<Microsoft.Extensions.Options.IOptions<MedalTallyOptions>>().Value.AnnouncerSecret,
            provider.GetRequiredService<ServiceOptions>().AdminToken));
    }

    private IEnumerable<string?> Problems() =>
    [
        SettingChecks.Address($"{Section}:{nameof(Listen)}", Listen),
        SettingChecks.Address($"{Section}:{nameof(Tables)}", Tables),
        Reachable(nameof(Database), Database),
        Reachable(nameof(DatabaseLink), DatabaseLink),
        .. FrontEnds.Select((address, number) => SettingChecks.Address(FormattableString.Invariant($"{Section}:{nameof(FrontEnds)}:{number}"), address)),
        .. Members.Select((address, id) => SettingChecks.Address(FormattableString.Invariant($"{Section}:{nameof(Members)}:{id}"), address)),
        MemberLinks.Count == 0 || MemberLinks.Count >= Members.Count ? null : $"{Section}:{nameof(MemberLinks)} must be as many as {nameof(Members)}, or none",
        FrontEnds.Count <= MostFrontEnds ? null : $"{Section}:{nameof(FrontEnds)} are at most {MostFrontEnds}",
        FrontEndLinks.Count == 0 || FrontEndLinks.Count >= FrontEnds.Count ? null : $"{Section}:{nameof(FrontEndLinks)} must be as many as {nameof(FrontEnds)}, or none",
        FrontEnds.Count == 0 ? null : SettingChecks.Between($"{Section}:{nameof(FrontEndsAtStart)}", FrontEndsAtStart, 1, FrontEnds.Count),
        AnnouncerSecret is "" ? $"{Section}:{nameof(AnnouncerSecret)} must not be empty: without it the run's token decides" : null,
    ];

    private static string? Reachable(string setting, string address) => address.Length == 0 || Addresses.IsAddress(address)
        ? null
        : $"{Section}:{setting} must be HOST:PORT such as 127.0.0.1:7000, not '{address}'";
}

/// <summary>What a process of the medal tally must be told by others before it believes them.</summary>
/// <param name="announcer">Of those who write; null: made of the token.</param>
/// <param name="adminToken">The run's; without one nobody is believed.</param>
public sealed class TallySecrets(string? announcer, string? adminToken)
{
    /// <summary>Of those who write.</summary>
    public string Announcer { get; } = announcer ?? OfAnnouncer(adminToken ?? "");

    /// <summary>Of front-ends towards the database server.</summary>
    public string Tiers { get; } = Derive(adminToken ?? "", "tiers");

    /// <summary>The announcer's secret where no other one is set: whoever has the run's token can announce, but not the other way round.</summary>
    public static string OfAnnouncer(string adminToken) => Derive(adminToken, "announcer");

    /// <summary>Whether a request has the announcer's secret as its bearer token; if not, the answer says that it is wanted.</summary>
    internal bool IsAnnouncerOf(HttpRequest request)
    {
        const string Bearer = "Bearer ";
        var given = request.Headers.Authorization.ToString();
        if (given.StartsWith(Bearer, StringComparison.Ordinal) && IsAnnouncer(given[Bearer.Length..]))
        {
            return true;
        }

        request.HttpContext.Response.Headers.WWWAuthenticate = "Bearer realm=\"announcer\"";
        return false;
    }

    /// <summary>In constant time.</summary>
    internal bool IsAnnouncer(string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(Announcer));

    /// <summary>Without a token nobody can know it.</summary>
    private static string Derive(string token, string purpose) => Convert.ToHexStringLower(HMACSHA256.HashData(
        token.Length > 0 ? Encoding.UTF8.GetBytes(token) : RandomNumberGenerator.GetBytes(32), Encoding.UTF8.GetBytes($"medal tally {purpose}")));
}
