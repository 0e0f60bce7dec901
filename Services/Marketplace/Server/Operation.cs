using System.Text.Json;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Sessions;
using Lab.Telemetry.Requests;
using Lab.Transport.Frames;

namespace Lab.Marketplace.Server;

/// <summary>Who asks, and under which request id.</summary>
/// <param name="Session">The session, or null for operations that need none.</param>
/// <param name="RequestId">Repeated when a client retries: writes use it to be done once.</param>
/// <param name="Trace">Where the request's times are noted; null when they are not.</param>
internal readonly record struct Caller(SessionToken? Session, long RequestId, RequestTrace? Trace)
{
    /// <summary>The logged-in user.</summary>
    public long UserId => Session!.UserId;
}

/// <summary>When an operation may begin.</summary>
internal enum SessionCheck
{
    /// <summary>Anybody may ask: create_account, login.</summary>
    None,

    /// <summary>The session is checked first.</summary>
    Before,

    /// <summary>
    /// A read: the session is checked meanwhile, and the answer is given only when it is good. Whoever has none learns
    /// nothing, but makes the database look.
    /// </summary>
    Meanwhile,
}

/// <summary>An operation of the protocol. Arguments are read before anything waits.</summary>
internal abstract class Operation(string name, SessionCheck sessionCheck)
{
    /// <summary>20 items with the longest names and keywords, 100 lines of a cart: all but lists without a bound of their own.</summary>
    public const int LightReplyBytes = 16 * 1024;

    public string Name { get; } = name;

    public SessionCheck SessionCheck { get; } = sessionCheck;

    /// <summary>The longest reply that it may have, in bytes.</summary>
    public virtual int MaxReplyBytes => LightReplyBytes;

    /// <summary>Reads and checks the arguments; what it returns does the work.</summary>
    /// <exception cref="MarketplaceException">An argument is missing or wrong.</exception>
    public abstract IPreparedOperation Prepare(Arguments arguments);
}

/// <summary>An operation with its arguments.</summary>
internal interface IPreparedOperation
{
    /// <exception cref="MarketplaceException">Refused.</exception>
    ValueTask<OutgoingFrame> RunAsync(Caller caller);
}

/// <summary>An operation with typed arguments and result.</summary>
internal abstract class Operation<TArguments, TResult>(string name, SessionCheck sessionCheck = SessionCheck.Before)
    : Operation(name, sessionCheck)
{
    public sealed override IPreparedOperation Prepare(Arguments arguments) => new Prepared(this, Read(arguments));

    protected abstract TArguments Read(Arguments arguments);

    protected abstract ValueTask<TResult> ExecuteAsync(TArguments arguments, Caller caller);

    protected abstract void Write(Utf8JsonWriter json, TResult result);

    /// <summary>Executes and writes the reply.</summary>
    protected virtual async ValueTask<OutgoingFrame> RunAsync(TArguments arguments, Caller caller)
    {
        var result = await ExecuteAsync(arguments, caller);
        using var turn = await TurnForAsync(result);
        caller.Trace?.BeginReply();
        return ReplyFrame.Success(caller.RequestId, result, Write);
    }

    /// <summary>Whether writing it keeps a processor for milliseconds.</summary>
    protected virtual bool IsLarge(TResult result) => false;

    /// <summary>Large results are written one after the other: those who ask for little find a processor meanwhile.</summary>
    protected ValueTask<IDisposable?> TurnForAsync(TResult result) => IsLarge(result) ? LargeReplies.WaitAsync() : default;

    private sealed class Prepared(Operation<TArguments, TResult> operation, TArguments arguments) : IPreparedOperation
    {
        public ValueTask<OutgoingFrame> RunAsync(Caller caller) => operation.RunAsync(arguments, caller);
    }
}

/// <summary>Marks operations without arguments, or without a result.</summary>
internal readonly record struct Nothing;

/// <summary>An operation that answers an empty object.</summary>
internal abstract class Command<TArguments>(string name, SessionCheck sessionCheck = SessionCheck.Before)
    : Operation<TArguments, Nothing>(name, sessionCheck)
{
    protected abstract ValueTask DoAsync(TArguments arguments, Caller caller);

    protected sealed override async ValueTask<Nothing> ExecuteAsync(TArguments arguments, Caller caller)
    {
        await DoAsync(arguments, caller);
        return default;
    }

    protected sealed override void Write(Utf8JsonWriter json, Nothing result)
    {
        json.WriteStartObject();
        json.WriteEndObject();
    }
}
