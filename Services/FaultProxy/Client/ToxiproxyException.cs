using System.Net;

namespace Lab.FaultProxy.Client;

/// <summary>The server refused a request, or did not answer it.</summary>
public sealed class ToxiproxyException : Exception
{
    internal ToxiproxyException(string message, HttpStatusCode? statusCode, Exception? inner = null)
        : base(message, inner) => StatusCode = statusCode;

    /// <summary>Null when there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; }
}
