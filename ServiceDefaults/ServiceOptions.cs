using System.Net;
using System.Net.Sockets;

namespace Lab.ServiceDefaults;

/// <summary>
/// What the runner tells every service, under <c>Service:</c> in its configuration
/// (environment: <c>Service__Name</c>, <c>Service__AdminUrl</c>, <c>Service__AdminToken</c>, <c>Service__LogFolder</c>,
/// <c>Service__DataFolder</c>, <c>Service__PrivateNetwork</c>).
/// </summary>
public sealed class ServiceOptions
{
    public const string Section = "Service";

    /// <summary>The resource's name in the topology.</summary>
    public string Name { get; set; } = "service";

    /// <summary>Where health and admin endpoints listen: an http URL with a loopback or private address.</summary>
    public string AdminUrl { get; set; } = "http://127.0.0.1:0";

    /// <summary>The run's token; without one every admin call is refused (health stays open).</summary>
    public string? AdminToken { get; set; }

    /// <summary>Where a service puts logs of its own, beside what it prints; files begin with <see cref="Name"/>.</summary>
    public string LogFolder { get; set; } = Path.GetTempPath();

    /// <summary>Where a service puts what must be durable: its own folder, on a disk.</summary>
    public string DataFolder { get; set; } = Path.GetTempPath();

    /// <summary>
    /// Whoever starts the service vouches that only its own network reaches it, as with a container whose port is not
    /// published: its admin endpoint may then listen on every address.
    /// </summary>
    public bool PrivateNetwork { get; set; }

    internal IEnumerable<string?> Problems() =>
    [
        Name.Length > 0 && Name.IndexOfAny(Path.GetInvalidFileNameChars()) < 0
            ? null
            : $"{Section}:{nameof(Name)} must be a name that files can begin with, not '{Name}'",
        AdminUrlProblem(),
        LogFolder.Length > 0 ? null : $"{Section}:{nameof(LogFolder)} must be a folder, not empty",
        DataFolder.Length > 0 ? null : $"{Section}:{nameof(DataFolder)} must be a folder, not empty",
    ];

    /// <summary>The admin endpoint can crash the service: it must never face a public network.</summary>
    private string? AdminUrlProblem()
    {
        const string Setting = $"{Section}:{nameof(AdminUrl)}";
        if (!Uri.TryCreate(AdminUrl, UriKind.Absolute, out var url) || url.Scheme != Uri.UriSchemeHttp)
        {
            return $"{Setting} must be an http URL, not '{AdminUrl}'";
        }

        var isPrivate = string.Equals(url.Host, "localhost", StringComparison.Ordinal)
            || (IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && IsLoopbackOrPrivate(address));
        return isPrivate || PrivateNetwork
            ? null
            : $"{Setting} must be a loopback or private address, not '{url.Host}': it can crash the service";
    }

    /// <summary>RFC 1918 and RFC 4193 addresses, and loopback.</summary>
    public static bool IsLoopbackOrPrivate(IPAddress address)
    {
        if (IPAddress.IsLoopback(address))
        {
            return true;
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6UniqueLocal;
        }

        var bytes = address.GetAddressBytes();
        return bytes[0] == 10
            || (bytes[0] == 172 && bytes[1] is >= 16 and <= 31)
            || (bytes[0] == 192 && bytes[1] == 168);
    }
}
