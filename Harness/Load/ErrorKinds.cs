using System.Data.Common;
using System.Net.Sockets;
using Lab.Marketplace.Protocol;

namespace Lab.Harness.Load;

/// <summary>Names for what can go wrong with an operation, as results list them.</summary>
public static class ErrorKinds
{
    public const string WrongAnswer = "wrong_answer";

    public static string Of(Exception exception) => exception switch
    {
        WrongAnswerException => WrongAnswer,
        MarketplaceException refused => refused.Code,
        TimeoutException => "timeout",
        SocketException or IOException { InnerException: SocketException } => "connection_lost",
        IOException => "connection_lost",
        DbException => "database_error",
        _ => "client_error",
    };
}
