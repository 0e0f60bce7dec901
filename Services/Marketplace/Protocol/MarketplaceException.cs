using Lab.Transport.Client;

namespace Lab.Marketplace.Protocol;

/// <summary>A request that is refused, with the code and message that its error frame carries.</summary>
public sealed class MarketplaceException : Exception, IErrorCode
{
    public MarketplaceException(string code, string message, Exception? inner = null)
        : base(message, inner) => Code = code;

    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    public string Code { get; }
}

/// <summary>Error codes of the protocol; <c>docs/protocol.md</c> explains each to a client's author.</summary>
public static class ErrorCodes
{
    // The transport: the connection is closed after these.
    public const string FrameTooLarge = "frame_too_large";
    public const string FrameTimeout = "frame_timeout";
    public const string TooManyConnections = "too_many_connections";

    // The request.
    public const string InvalidJson = "invalid_json";
    public const string InvalidRequest = "invalid_request";
    public const string UnknownOperation = "unknown_operation";
    public const string InvalidArgument = "invalid_argument";

    // Who asks.
    public const string NotLoggedIn = "not_logged_in";
    public const string SessionExpired = "session_expired";
    public const string WrongRole = "wrong_role";
    public const string WrongCredentials = "wrong_credentials";
    public const string NameTaken = "name_taken";

    // What is asked for.
    public const string NotFound = "not_found";
    public const string NotOwner = "not_owner";
    public const string OutOfStock = "out_of_stock";
    public const string CartEmpty = "cart_empty";
    public const string CartFull = "cart_full";
    public const string NotPurchased = "not_purchased";
    public const string AlreadyGiven = "already_given";
    public const string PaymentDeclined = "payment_declined";

    /// <summary>Not done; trying again later may succeed.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>Not done: too many requests wait.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>Done or not: the same request with the same id finds out, and is not done twice.</summary>
    public const string OutcomeUnknown = "outcome_unknown";

    public const string Internal = "internal";
}
