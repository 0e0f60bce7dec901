using System.Net;
using System.Net.Sockets;
using Lab.ServiceDefaults;

namespace Lab.FaultProxy.Proxies;

/// <summary>An address as the API writes it: <c>host:port</c>, <c>[::1]:port</c>.</summary>
internal sealed record HostPort(string Host, int Port)
{
    private const int MaxHostLength = 255;

    /// <exception cref="FormatException">It is none; the message says what is wrong.</exception>
    public static HostPort Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0)
        {
            throw new FormatException($"address {Shorten(text)}: missing port in address; expected HOST:PORT");
        }

        if (!ushort.TryParse(text.AsSpan(colon + 1), out var port))
        {
            throw new FormatException($"address {Shorten(text)}: invalid port; expected 0 to 65535");
        }

        var host = text[..colon];
        var bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (host.Contains(':') && !bracketed)
        {
            throw new FormatException($"address {Shorten(text)}: too many colons in address; expected HOST:PORT, or [IPV6]:PORT");
        }

        host = bracketed ? host[1..^1] : host;
        return Uri.CheckHostName(host) != UriHostNameType.Unknown && host.Length <= MaxHostLength
            ? new HostPort(host, port)
            : throw new FormatException($"address {Shorten(text)}: invalid host; expected a name or an IP address");
    }

    /// <summary>
    /// Where a proxy may listen: <c>localhost</c>, a loopback or a private address. It forwards whatever it gets to its
    /// upstream, so it must never face a public network.
    /// </summary>
    /// <exception cref="FormatException">It is no such address; the message says what is wrong.</exception>
    public static IPEndPoint ParseListen(string text)
    {
        var (host, port) = Parse(text);
        var isLocalhost = string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase);
        if (!IPAddress.TryParse(isLocalhost ? "127.0.0.1" : host, out var address) || !ServiceOptions.IsLoopbackOrPrivate(address))
        {
            throw new FormatException($"address {Shorten(text)}: a proxy listens on localhost, a loopback or a private IP address");
        }

        return new IPEndPoint(address, port);
    }

    /// <exception cref="FormatException">It is no address to connect to; the message says what is wrong.</exception>
    public static HostPort ParseUpstream(string text) =>
        Parse(text) is { Port: > 0 } upstream ? upstream : throw new FormatException($"address {Shorten(text)}: port 0 cannot be connected to; expected 1 to 65535");

    /// <summary>A socket to connect there: of the address's own family where it is an address, of both where it is a name.</summary>
    public Socket CreateSocket() => IPAddress.TryParse(Host, out var address)
        ? new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        : new Socket(SocketType.Stream, ProtocolType.Tcp);

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100] + "...";
}
