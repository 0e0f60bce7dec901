using System.Data.Common;
using System.Globalization;

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

    /// <exception cref="LabStartException">It names no server.</exception>
    private static DbConnectionStringBuilder Parse(string given)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = given };
        return parts.ContainsKey("Server")
            ? parts
            : throw new LabStartException("LAB_MYSQL must be a connection string such as: Server=10.0.0.5;Port=3306;User ID=lab;Password=...");
    }
}
