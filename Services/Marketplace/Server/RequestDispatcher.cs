using System.Collections.Frozen;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Sessions;
using Lab.ServiceDefaults;
using Lab.Storage.MySql;
using Lab.Storage.Redis;
using Lab.Transport.Frames;
using Microsoft.Extensions.Logging;

namespace Lab.Marketplace.Server;

/// <summary>Turns request frames into reply frames: parse, check the session, run the operation, name the failure.</summary>
internal sealed class RequestDispatcher(
    Role role, IEnumerable<Operation> operations, SessionStore sessions, ILogger<RequestDispatcher> logger) : IFrameHandler
{
    private readonly FrozenDictionary<string, Operation> _operations =
        operations.ToFrozenDictionary(operation => operation.Name, StringComparer.Ordinal);

    private readonly LogLimiter _defects = new();

    public async ValueTask<OutgoingFrame> HandleAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        long? id = null;
        try
        {
            IPreparedOperation prepared;
            Operation operation;
            Caller caller;
            using (var request = RequestFrame.Parse(payload, out id))
            {
                operation = _operations.GetValueOrDefault(request.Operation) ?? throw Unknown(request.Operation);
                caller = new Caller(
                    operation.SessionCheck == SessionCheck.None ? null : ReadSession(request.Session), request.Id);
                prepared = operation.Prepare(request.Arguments);
            }

            return operation.SessionCheck switch
            {
                SessionCheck.Before => await RunAfterCheckAsync(prepared, caller),
                SessionCheck.Meanwhile => await RunWhileCheckingAsync(prepared, caller),
                _ => await prepared.RunAsync(caller),
            };
        }
        catch (Exception exception)
        {
            return Explain(id, exception);
        }
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

    private async ValueTask<OutgoingFrame> RunAfterCheckAsync(IPreparedOperation prepared, Caller caller)
    {
        await sessions.CheckAsync(caller.Session!);
        return await prepared.RunAsync(caller);
    }

    private async ValueTask<OutgoingFrame> RunWhileCheckingAsync(IPreparedOperation prepared, Caller caller)
    {
        var check = sessions.CheckAsync(caller.Session!);
        OutgoingFrame reply;
        try
        {
            reply = await prepared.RunAsync(caller);
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

    private OutgoingFrame Explain(long? id, Exception exception)
    {
        switch (exception)
        {
            case MarketplaceException refusal:
                return ReplyFrame.Error(id, refusal.Code, refusal.Message);
            case DatabaseUnavailableException { OutcomeUnknown: true }:
                return ReplyFrame.Error(
                    id, ErrorCodes.OutcomeUnknown, "the database went away meanwhile; send the request again with the same id");
            case DatabaseUnavailableException unavailable:
                return ReplyFrame.Error(id, ErrorCodes.Unavailable, $"{unavailable.Message}; try again later");
            case DatabaseOverloadedException overloaded:
                return ReplyFrame.Error(id, ErrorCodes.Overloaded, $"{overloaded.Message}; try again later");
            case not null when RedisConnection.IsUnavailable(exception):
                return ReplyFrame.Error(id, ErrorCodes.Unavailable, "the session store cannot be reached; try again later");
            default:
                // A defect: the peer learns that much, the log has the rest. Payloads are not logged, they hold passwords.
                if (_defects.Allows(out var swallowed))
                {
                    logger.LogError(exception, "request {Id} failed; {Swallowed} more since the last such line", id, swallowed);
                }

                return ReplyFrame.Error(id, ErrorCodes.Internal, "the server failed; its log says why");
        }
    }
}
