using System.Data.Common;
using System.Globalization;
using System.Net;

using Lab.Transport;
namespace Lab.LocalHost.Resources;

/// <summary>A MySQL server that the user points at.</summary>
internal static class ExternalDatabase
{
    private const string DefaultPort = "3306";

    /// <summary>The user's connection string, with another address where a link leads to it.</summary>
    public static string ConnectionString(string given, string? address)
    {
        var parts = Parse(given);
        if (address is not null)
        {
            var (host, port) = Addresses.Split(address);
            parts["Server"] = host;
            parts["Port"] = port.ToString(CultureInfo.InvariantCulture);
        }

        return parts.ConnectionString;
    }

    public static string Address(string given)
    {
        var parts = Parse(given);
        return $"{parts["Server"]}:{(parts.TryGetValue("Port", out var port) ? port : DefaultPort)}";
    }

    /// <summary>To a container its own loopback address is the only one.</summary>
    /// <exception cref="LabStartException">A server of the user's cannot be reached from containers.</exception>
    public static void RefuseLoopback(LocalLabOptions options)
    {
        if (options.ExternalMySql is { } database && IsLoopback(Address(database)))
        {
            throw Refusal("LAB_MYSQL");
        }

        if (options.ExternalRedis is { } cache && IsLoopback(cache.Split(',')[0]))
        {
            throw Refusal("LAB_REDIS");
        }

        static bool IsLoopback(string address) => Addresses.Split(address).Host is var host
            && (string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var parsed) && IPAddress.IsLoopback(parsed)));

        static LabStartException Refusal(string variable) =>
            new($"{variable} names a loopback address, which containers cannot reach: name one of this machine's other addresses");
    }

    /// <exception cref="LabStartException">It names no server.</exception>
    private static DbConnectionStringBuilder Parse(string given)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = given };
        return parts.ContainsKey("Server")
            ? parts
            : throw new LabStartException("LAB_MYSQL must be a connection string such as: Server=10.0.0.5;Port=3306;User ID=lab;Password=...");
    }
}
