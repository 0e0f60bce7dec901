using System.Net;
using System.Net.Sockets;

namespace Lab.LocalHost;

/// <summary>
/// Free TCP ports of the loopback address, from below the range that the kernel gives to outgoing connections: a
/// service that is restarted must find its port free among thousands of client connections.
/// </summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 31_999;
    private const int MaxAttempts = 1_000;

    /// <summary>By all labs of this process: two that start at the same time must not draw the same port before either listens.</summary>
    private static readonly HashSet<int> Given = [];

    /// <summary>A new ADDRESS:PORT of the loopback address.</summary>
    /// <exception cref="LabStartException">No port is free.</exception>
    public static string NextAddress() => FormattableString.Invariant($"127.0.0.1:{Take()}");

    /// <exception cref="LabStartException">No port is free.</exception>
    public static int Take()
    {
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var port = Random.Shared.Next(First, Last + 1);
            lock (Given)
            {
                if (!Given.Add(port))
                {
                    continue;
                }
            }

            if (IsFree(port))
            {
                return port;
            }
        }

        throw new LabStartException($"no TCP port between {First} and {Last} is free");
    }

    private static bool IsFree(int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
