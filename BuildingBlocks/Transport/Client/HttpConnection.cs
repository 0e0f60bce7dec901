using System.Net.Sockets;

namespace Lab.Transport.Client;

/// <summary>
/// A client's way to HTTP servers: one request at a time, on one connection to each server. What goes wrong is an
/// <see cref="IOException"/> or <see cref="TimeoutException"/>, as with frames.
/// </summary>
/// <param name="timeout">For connecting, and for a whole answer.</param>
public sealed class HttpConnection(TimeSpan timeout) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        MaxConnectionsPerServer = 1,
        ConnectTimeout = timeout,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
    });

    /// <summary>Used again as long as it has not run out: a timer for every request would cost more than many a request.</summary>
    private CancellationTokenSource _patience = new();

    /// <summary>Sends a request and reads the answer, whatever its status.</summary>
    /// <param name="request">Disposed of.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">No connection, or it broke: nobody knows whether the request was done.</exception>
    /// <exception cref="TimeoutException">No answer in time: likewise.</exception>
    public async Task<T> SendAsync<T>(
        HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        _patience.CancelAfter(timeout);
        using var given = cancellationToken.UnsafeRegister(static patience => ((CancellationTokenSource)patience!).Cancel(), _patience);
        try
        {
            using (request)
            {
                using var response = await _http.SendAsync(request, _patience.Token);
                return await read(response, _patience.Token);
            }
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(FormattableString.Invariant($"no answer from {request.RequestUri?.Authority} within {timeout.TotalSeconds:0.###} s"), exception);
        }
        catch (HttpRequestException exception)
        {
            throw ToIOException(exception);
        }
        finally
        {
            if (!_patience.TryReset())
            {
                _patience.Dispose();
                _patience = new CancellationTokenSource();
            }
        }
    }

    /// <summary>Sends a request whose answer has no end, such as a stream of events.</summary>
    /// <param name="request">Disposed of.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>With its headers; the caller's to dispose of.</returns>
    /// <exception cref="IOException">No connection, or it broke.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                return await _http.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException exception)
            {
                throw ToIOException(exception);
            }
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _patience.Dispose();
    }

    private static IOException ToIOException(HttpRequestException exception) => new(exception.Message, exception.InnerException as SocketException ?? (Exception)exception);
}
