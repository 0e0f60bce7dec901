using System.Net;
using Lab.Transport.Engines;
using Microsoft.Extensions.Configuration;

namespace Lab.EchoServer;

/// <summary>What this process listens on: <c>Echo:</c> of its configuration.</summary>
/// <param name="Framed">The port whose frames are answered, by an engine that can be changed; null: there is none.</param>
/// <param name="Raw">The ports whose bytes go back as they come, each with an engine of its own.</param>
/// <param name="SharesPort">Other processes may listen on the raw ports, too.</param>
internal sealed record EchoSettings(IPEndPoint? Framed, IReadOnlyList<RawPort> Raw, bool SharesPort)
{
    private const string Listen = "Echo:Listen";
    private const string Share = "Echo:SharePort";

    /// <exception cref="InvalidOperationException">A setting is wrong; the message says which.</exception>
    public static EchoSettings Read(IConfiguration configuration)
    {
        var framed = configuration[Listen];
        var raw = configuration.GetSection(Listen).GetChildren().Select(ReadPort).ToList();
        var shares = configuration[Share] ?? "false";
        if (!bool.TryParse(shares, out var sharesPort))
        {
            throw new InvalidOperationException($"{Share} is true or false, not '{shares}'");
        }

        if (sharesPort && raw.Exists(port => port.Engine == KestrelEcho.Engine))
        {
            throw new InvalidOperationException($"{Share} does not go with the engine {KestrelEcho.Engine}");
        }

        // Without any setting it is the echo of the calibration.
        framed ??= raw.Count == 0 ? "127.0.0.1:0" : null;
        return new EchoSettings(framed is null ? null : ParseAddress(Listen, framed), raw, sharesPort);
    }

    private static RawPort ReadPort(IConfigurationSection section)
    {
        var known = ConnectionEngines.Offered.Concat(ConnectionEngines.NotOffered.Keys).Append(KestrelEcho.Engine).ToList();
        return known.Contains(section.Key, StringComparer.Ordinal)
            ? new RawPort(section.Key, ParseAddress(section.Path, section.Value))
            : throw new InvalidOperationException($"{section.Path}: there is no engine '{section.Key}'; there are: {string.Join(", ", known)}");
    }

    private static IPEndPoint ParseAddress(string key, string? text) => IPEndPoint.TryParse(text ?? "", out var address)
        ? address
        : throw new InvalidOperationException($"{key} is ADDRESS:PORT, for example 127.0.0.1:7000, not '{text}'");
}

/// <summary>A port without frames.</summary>
/// <param name="Engine">One of <see cref="ConnectionEngines"/>, or <see cref="KestrelEcho.Engine"/>.</param>
/// <param name="Listen">Where.</param>
internal sealed record RawPort(string Engine, IPEndPoint Listen);
