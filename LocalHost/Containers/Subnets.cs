using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Lab.LocalHost.Containers;

/// <summary>A private network of 254 addresses: <c>10.213.7.0/24</c>.</summary>
/// <param name="Prefix">The first three bytes: <c>10.213.7</c>.</param>
internal sealed record Subnet(string Prefix)
{
    /// <summary>The first address is that of the machine.</summary>
    private const int FirstContainer = 2;
    private const int Containers = 253;

    public override string ToString() => $"{Prefix}.0/24";

    /// <summary>The engine gives it to the bridge on this machine.</summary>
    public string Machine => $"{Prefix}.1";

    /// <summary>The address of a container by its number, from 0.</summary>
    /// <exception cref="LabStartException">There are no more.</exception>
    public string Address(int number) => number < Containers
        ? string.Create(CultureInfo.InvariantCulture, $"{Prefix}.{number + FirstContainer}")
        : throw new LabStartException($"a lab in containers has at most {Containers} of them");
}

/// <summary>Candidates for a lab's network.</summary>
internal static class Subnets
{
    private const int FirstByte = 10;
    private const int FirstSecondByte = 201;
    private const int LastSecondByte = 249;
    private const int MaxCandidates = 50;

    /// <summary>
    /// Networks inside 10.201.0.0 to 10.249.255.0 (RFC 1918) that none of this machine's interfaces is in, in random order.
    /// Networks that the engine has given to others it refuses itself.
    /// </summary>
    public static IEnumerable<Subnet> Candidates()
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Where(address => address.Address.AddressFamily == AddressFamily.InterNetwork)
            .Select(address => new IPNetwork(BaseOf(address), address.PrefixLength))
            .ToList();
        for (var attempt = 0; attempt < MaxCandidates; attempt++)
        {
            var subnet = new Subnet(string.Create(
                CultureInfo.InvariantCulture, $"{FirstByte}.{Random.Shared.Next(FirstSecondByte, LastSecondByte + 1)}.{Random.Shared.Next(256)}"));
            if (!taken.Exists(network => network.Contains(IPAddress.Parse(subnet.Address(0)))))
            {
                yield return subnet;
            }
        }
    }

    private static IPAddress BaseOf(UnicastIPAddressInformation address)
    {
        var bytes = address.Address.GetAddressBytes();
        for (var bit = address.PrefixLength; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }
}
