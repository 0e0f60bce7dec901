using System.Collections.Frozen;
using System.Diagnostics;
using System.Text;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Sessions;
using Lab.ServiceDefaults;
using Lab.Storage.MySql;
using Lab.Storage.Redis;
using Lab.Telemetry.Requests;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.Marketplace.Server;

/// <summary>Turns request frames into reply frames: parse, check the session, run the operation, name the failure.</summary>
internal sealed class RequestDispatcher(
    Role role, IEnumerable<Operation> operations, SessionStore sessions, RequestTracer tracer, ILogger<RequestDispatcher> logger) : IFrameHandler
{
    private readonly FrozenDictionary<string, Operation> _operations =
        operations.ToFrozenDictionary(operation => operation.Name, StringComparer.Ordinal);

    private readonly byte[][] _heavyOperations =
        [.. operations.Where(operation => operation.MaxReplyBytes > Operation.LightReplyBytes).Select(operation => Encoding.UTF8.GetBytes(operation.Name))];

    private readonly LogLimiter _defects = new();

    public async ValueTask<OutgoingFrame?> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        long? id = null;
        OutgoingFrame reply;
        var trace = tracer.Begin();
        try
        {
            IPreparedOperation prepared;
            Operation operation;
            Caller caller;
            using (var request = RequestFrame.Parse(payload, out id))
            {
                operation = _operations.GetValueOrDefault(request.Operation) ?? throw Unknown(request.Operation);
                var session = operation.SessionCheck == SessionCheck.None ? null : ReadSession(request.Session);
                prepared = operation.Prepare(request.Arguments);
                trace = trace?.Identify(request.Id, operation.Name, request.ReadTraceContext());
                caller = new Caller(session, request.Id, trace);
            }

            reply = operation.SessionCheck switch
            {
                SessionCheck.Before => await RunAfterCheckAsync(prepared, caller),
                SessionCheck.Meanwhile => await RunWhileCheckingAsync(prepared, caller),
                _ => await prepared.RunAsync(caller),
            };
        }
        catch (Exception exception)
        {
            reply = Explain(id, exception, trace);
        }

        if (trace is not null)
        {
            reply.Left = trace.End;
        }

        return reply;
    }

    /// <summary>
    /// Looked for as text: the request is parsed when it is its turn. One that only mentions such an operation, or may spell it
    /// with escapes, waits for more room than it needs.
    /// </summary>
    public int MaxReplyBytes(ReadOnlySpan<byte> payload)
    {
        foreach (var name in _heavyOperations)
        {
            if (payload.IndexOf(name) >= 0)
            {
                return FrameFormat.MaxPayloadBytes;
            }
        }

        return HasEscapedLetter(payload) ? FrameFormat.MaxPayloadBytes : Operation.LightReplyBytes;
    }

    public OutgoingFrame Refuse(TransportRefusal refusal) => refusal switch
    {
        TransportRefusal.FrameTooLarge => ReplyFrame.Error(
            null, ErrorCodes.FrameTooLarge, $"a frame may have {FrameFormat.MaxPayloadBytes} bytes; the connection is closed"),
        TransportRefusal.FrameTimeout => ReplyFrame.Error(
            null, ErrorCodes.FrameTimeout, "the frame was not finished in time; the connection is closed"),
        _ => ReplyFrame.Error(
            null, ErrorCodes.TooManyConnections, "the server has no room for another connection; try again later"),
    };

    /// <summary>A letter, or an underscore, is U+0041 to U+007A: nobody escapes those without a reason.</summary>
    private static bool HasEscapedLetter(ReadOnlySpan<byte> payload)
    {
        for (int at; (at = payload.IndexOf("\\u00"u8)) >= 0 && at + 4 < payload.Length; payload = payload[(at + 4)..])
        {
            if (payload[at + 4] is >= (byte)'4' and <= (byte)'7')
            {
                return true;
            }
        }

        return false;
    }

    private async ValueTask<OutgoingFrame> RunAfterCheckAsync(IPreparedOperation prepared, Caller caller)
    {
        await CheckSessionAsync(caller);
        return await prepared.RunAsync(caller);
    }

    private async ValueTask<OutgoingFrame> RunWhileCheckingAsync(IPreparedOperation prepared, Caller caller)
    {
        // First what takes longer.
        var running = prepared.RunAsync(caller);
        var check = CheckSessionAsync(caller);
        OutgoingFrame reply;
        try
        {
            reply = await running;
        }
        catch
        {
            // Whoever is not logged in learns that, and not what else was wrong.
            await check;
            throw;
        }

        try
        {
            await check;
            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    private Task CheckSessionAsync(Caller caller)
    {
        return caller.Trace is null ? sessions.CheckAsync(caller.Session!) : TimeAsync();

        async Task TimeAsync()
        {
            var begun = Stopwatch.GetTimestamp();
            try
            {
                await sessions.CheckAsync(caller.Session!);
            }
            finally
            {
                caller.Trace.Add(RequestStage.Session, begun, Stopwatch.GetTimestamp());
            }
        }
    }

    private SessionToken ReadSession(string? text)
    {
        if (text is null)
        {
            throw new MarketplaceException(ErrorCodes.NotLoggedIn, "log in first: this operation needs a session");
        }

        if (!SessionToken.TryParse(text, out var token))
        {
            throw new MarketplaceException(ErrorCodes.SessionExpired, "this is not a session; log in again");
        }

        return token.Role == role
            ? token
            : throw new MarketplaceException(
                ErrorCodes.WrongRole, $"this server serves {role.Plural()}, and the session belongs to a {token.Role.Name()}");
    }

    private MarketplaceException Unknown(string operation) => new(
        ErrorCodes.UnknownOperation,
        $"'{operation}' is not an operation for {role.Plural()}; there are: {string.Join(", ", _operations.Keys.Order(StringComparer.Ordinal))}");

    private OutgoingFrame Explain(long? id, Exception exception, RequestTrace? trace)
    {
        var (code, message) = Name(exception);
        if (code == ErrorCodes.Internal && _defects.Allows(out var swallowed))
        {
            // A defect: the peer learns that much, the log has the rest. Payloads are not logged, they hold passwords.
            logger.LogError(exception, "request {Id} failed; {Swallowed} more since the last such line", id, swallowed);
        }

        trace?.Fail(code);
        trace?.BeginReply();
        return ReplyFrame.Error(id, code, message);
    }

    private static (string Code, string Message) Name(Exception exception) => exception switch
    {
        MarketplaceException refusal => (refusal.Code, refusal.Message),
        DatabaseUnavailableException { OutcomeUnknown: true } =>
            (ErrorCodes.OutcomeUnknown, "the database went away meanwhile; send the request again with the same id"),
        DatabaseUnavailableException unavailable => (ErrorCodes.Unavailable, $"{unavailable.Message}; try again later"),
        DatabaseOverloadedException overloaded => (ErrorCodes.Overloaded, $"{overloaded.Message}; try again later"),
        _ when RedisConnection.IsUnavailable(exception) =>
            (ErrorCodes.Unavailable, "the session store cannot be reached; try again later"),
        _ => (ErrorCodes.Internal, "the server failed; its log says why"),
    };
}
