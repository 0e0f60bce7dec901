using System.Globalization;
using System.Net;

namespace Lab.Transport;

/// <summary>Addresses as text: HOST:PORT.</summary>
public static class Addresses
{
    /// <summary>Whether it is HOST:PORT.</summary>
    public static bool IsAddress(string address) => TryPort(address, address.LastIndexOf(':'), out _);

    /// <exception cref="FormatException">It is not HOST:PORT.</exception>
    public static (string Host, int Port) Split(string address)
    {
        var colon = address.LastIndexOf(':');
        return TryPort(address, colon, out var port)
            ? (address[..colon].Trim('[', ']'), port)
            : throw new FormatException($"'{address}' is not an address: HOST:PORT is expected");
    }

    private static bool TryPort(string address, int colon, out int port)
    {
        port = 0;
        return colon > 0 && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536;
    }

    public static DnsEndPoint Parse(string address)
    {
        var (host, port) = Split(address);
        return new DnsEndPoint(host, port);
    }
}
