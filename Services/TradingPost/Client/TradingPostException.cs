using System.Text.Json;
using Lab.TradingPost.Protocol;
using Lab.Transport.Client;

namespace Lab.TradingPost.Client;

/// <summary>A request of a participant was not done.</summary>
public class TradingPostException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The trader refused: nothing was changed.</summary>
public sealed class RefusedException(RefusalReason reason, string message) : TradingPostException(message), IErrorCode
{
    public RefusalReason Reason { get; } = reason;

    public string Code => JsonNamingPolicy.SnakeCaseLower.ConvertName(Reason.ToString());
}

/// <summary>No trader answered in time: nobody knows whether the request was done.</summary>
public sealed class NoTraderException(string message, Exception? inner = null) : TradingPostException(message, inner), IErrorCode
{
    public string Code => "no_trader";
}
