using System.Data.Common;
using System.Net.Sockets;
using Lab.Transport.Client;

namespace Lab.Harness.Load;

/// <summary>Names for what can go wrong with an operation, as results list them.</summary>
public static class ErrorKinds
{
    public const string WrongAnswer = "wrong_answer";
    public const string ConnectionLost = "connection_lost";
    public const string ConnectFailed = "connect_failed";
    public const string Timeout = "timeout";
    public const string DatabaseError = "database_error";

    /// <summary>Of operations that a client did not even send, because none had been answered for too long.</summary>
    public const string NotSent = "not_sent";

    public static string Of(Exception exception) => exception switch
    {
        WrongAnswerException => WrongAnswer,
        IErrorCode refused => refused.Code,
        // Whoever counts has not cancelled, so somebody below has lost patience.
        TimeoutException or OperationCanceledException => Timeout,
        SocketException or IOException { InnerException: SocketException } => ConnectionLost,
        IOException => ConnectionLost,
        DbException => DatabaseError,
        _ => "client_error",
    };

    /// <summary>Counts one more of an exception's kind.</summary>
    /// <returns>The kind.</returns>
    public static string Count(IDictionary<string, long> counts, Exception exception)
    {
        var kind = Of(exception);
        Add(counts, [KeyValuePair.Create(kind, 1L)]);
        return kind;
    }

    /// <summary>Counts by kind of several parts together.</summary>
    public static Dictionary<string, long> Sum(IEnumerable<IReadOnlyDictionary<string, long>> parts)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var part in parts)
        {
            Add(counts, part);
        }

        return counts;
    }

    /// <summary>Adds counts by kind to others.</summary>
    public static void Add(IDictionary<string, long> counts, IEnumerable<KeyValuePair<string, long>> more)
    {
        foreach (var (kind, count) in more)
        {
            counts[kind] = (counts.TryGetValue(kind, out var before) ? before : 0) + count;
        }
    }
}
