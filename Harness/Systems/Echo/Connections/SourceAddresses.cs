using System.Net;
using Lab.Transport.Native;

namespace Lab.Harness.Systems.Echo.Connections;

/// <summary>
/// Where connections come from. One source address has about 28,000 ports for one target, and the port of a closed
/// connection rests for a minute; and once half of them are taken, the kernel searches long for a free one. So of the
/// connections that a load opens one after the other, each 10,000 come from another address of this machine. Only for
/// targets on this machine: elsewhere nobody knows these addresses.
/// </summary>
internal static class SourceAddresses
{
    public const int ConnectionsPerAddress = 10_000;

    private const uint Loopback = 0x7f000001;

    /// <summary>127.0.0.1 to 127.0.0.250, then from the first again: by then its ports have rested.</summary>
    private const int Addresses = 250;

    /// <param name="server">The target.</param>
    /// <param name="number">The connection's, from 0, over all that the load opens.</param>
    /// <returns>Null: the kernel chooses.</returns>
    public static SocketAddress4? Of(IPAddress server, long number)
    {
        var address = number / ConnectionsPerAddress % Addresses;
        return address == 0 || !IPAddress.IsLoopback(server) ? null : new SocketAddress4(Loopback + (uint)address, 0);
    }
}
