using System.Data.Common;
using System.Net.Sockets;

namespace Lab.TradingPost.Accounts.MySql;

/// <summary>What a driver throws when a server cannot be used, or a connection breaks: not always what it should.</summary>
internal static class MySqlFailures
{
    public static bool IsFromDriver(Exception exception) => exception is DbException or SocketException or TimeoutException;

    public static IOException ToIOException(Exception exception) => new($"the accounts in MySQL: {exception.Message}", exception);
}
