using Microsoft.AspNetCore.Http;

namespace Lab.FaultProxy.Api;

/// <summary>A request that cannot be done; becomes the reply <c>{"error": message, "status": statusCode}</c>.</summary>
internal sealed class ApiException(string message, int statusCode) : Exception(message)
{
    public int StatusCode { get; } = statusCode;

    public static ApiException BadBody(string why) => new($"bad request body: {why}", StatusCodes.Status400BadRequest);

    public static ApiException MissingField(string field) =>
        new($"missing required field: {field}", StatusCodes.Status400BadRequest);

    public static ApiException BadField(string why) => new(why, StatusCodes.Status400BadRequest);

    public static ApiException ProxyNotFound() => new("proxy not found", StatusCodes.Status404NotFound);

    public static ApiException ProxyExists() => new("proxy already exists", StatusCodes.Status409Conflict);

    public static ApiException InvalidStream() =>
        new("stream was invalid, can be either upstream or downstream", StatusCodes.Status400BadRequest);

    public static ApiException InvalidToxicType() => new("invalid toxic type", StatusCodes.Status400BadRequest);

    public static ApiException ToxicNotFound() => new("toxic not found", StatusCodes.Status404NotFound);

    public static ApiException ToxicExists() => new("toxic already exists", StatusCodes.Status409Conflict);

    public static ApiException CannotListen(string listen, string why) =>
        new($"listen tcp {listen}: {why}", StatusCodes.Status500InternalServerError);
}
