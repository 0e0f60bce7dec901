using System.Net;
using Lab.ServiceDefaults;
using Lab.Transport.Engines;
using Microsoft.Extensions.DependencyInjection;

namespace Lab.EchoServer;

/// <summary>
/// What this process listens on, under <c>Echo:</c> in its configuration (environment: <c>Echo__Framed</c>,
/// <c>Echo__Listen__epoll</c>). Without any setting it is the echo of the calibration.
/// </summary>
internal sealed class EchoOptions
{
    public const string Section = "Echo";

    private static readonly IReadOnlyList<string> Engines =
        [.. ConnectionEngines.Offered, .. ConnectionEngines.NotOffered.Keys, KestrelEcho.Engine];

    /// <summary>ADDRESS:PORT whose frames are answered, by an engine that can be changed; null: there is none.</summary>
    public string? Framed { get; set; }

    /// <summary>ADDRESS:PORT where every HTTP request gets the same answer; null: there is none.</summary>
    public string? Http { get; set; }

    /// <summary>ADDRESS:PORT whose bytes go back as they come, by the engine that serves it.</summary>
    public IDictionary<string, string> Listen { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Other processes may listen on the ports without frames, too.</summary>
    public bool SharePort { get; set; }

    /// <summary>Without any setting it is the echo of the calibration.</summary>
    public bool IsNothingElse => Listen.Count == 0 && Http is null;

    /// <summary>The port with frames: any that is free when nothing is said at all.</summary>
    public IPEndPoint? FramedPort() =>
        Framed is not null ? IPEndPoint.Parse(Framed) : IsNothingElse ? new IPEndPoint(IPAddress.Loopback, 0) : null;

    /// <summary>The ports without.</summary>
    public IEnumerable<RawPort> RawPorts() => Listen.Select(port => new RawPort(port.Key, IPEndPoint.Parse(port.Value)));

    public static void AddTo(IServiceCollection services) =>
        services.AddOptions<EchoOptions>().BindConfiguration(Section).Check(options => options.Problems());

    private IEnumerable<string?> Problems() =>
    [
        SettingChecks.OpenFiles(Section, new ConnectionLimits().MaxConnections),
        Framed is null ? null : SettingChecks.Address($"{Section}:{nameof(Framed)}", Framed),
        Http is null ? null : SettingChecks.Address($"{Section}:{nameof(Http)}", Http),
        .. Listen.Select(port => Engines.Contains(port.Key, StringComparer.Ordinal)
            ? SettingChecks.Address($"{Section}:{nameof(Listen)}:{port.Key}", port.Value)
            : $"{Section}:{nameof(Listen)}:{port.Key}: there is no engine '{port.Key}'; there are: {string.Join(", ", Engines)}"),
        SharePort && Listen.ContainsKey(KestrelEcho.Engine)
            ? $"{Section}:{nameof(SharePort)} must be false with the engine {KestrelEcho.Engine}, which shares no port"
            : null,
    ];
}

/// <summary>A port without frames.</summary>
/// <param name="Engine">One of <see cref="ConnectionEngines"/>, or <see cref="KestrelEcho.Engine"/>.</param>
/// <param name="Listen">Where.</param>
internal sealed record RawPort(string Engine, IPEndPoint Listen);
