using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Telemetry.Requests;
using Lab.Transport.Client;

namespace Lab.Marketplace.Client;

/// <summary>
/// What sellers' and buyers' clients share: one connection, opened when needed and again when it breaks; a session that
/// outlives connections; retries under the same request id. Requests may be made concurrently: they pipeline.
/// </summary>
public abstract class MarketplaceClient : IAsyncDisposable
{
    private static readonly ActivitySource Source = new(Sources.Of("marketplace.client"));
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly DnsEndPoint _server;
    private readonly MarketplaceClientOptions _options;
    private readonly RequestIds _ids = new();
    private readonly SemaphoreSlim _connecting = new(1);
    private FrameClient? _connection;

    protected MarketplaceClient(DnsEndPoint server, MarketplaceClientOptions? options)
    {
        _server = server;
        _options = options ?? new MarketplaceClientOptions();
    }

    /// <summary>Set by login; may be set to go on with a session of an earlier client.</summary>
    public string? Session { get; set; }

    /// <summary>Id of the request that was made last; of no use to callers that make several at once.</summary>
    public long LastRequestId { get; private set; }

    /// <summary>Opens the connection now instead of with the first request.</summary>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken) => await OpenAsync(cancellationToken);

    /// <summary>Closes the connection; the session goes on, and the next request connects again.</summary>
    public async Task DisconnectAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    /// <returns>The new user's id.</returns>
    public Task<long> CreateAccountAsync(string name, string password, CancellationToken cancellationToken) => CallAsync(
        new Request("create_account", Repeatable: false),
        (name, password),
        WriteCredentials,
        static result => result.GetProperty("user_id").GetInt64(),
        cancellationToken);

    /// <returns>The user's id; the session is kept.</returns>
    public async Task<long> LoginAsync(string name, string password, CancellationToken cancellationToken)
    {
        var (userId, session) = await CallAsync(
            new Request("login"),
            (name, password),
            WriteCredentials,
            static result => (result.GetProperty("user_id").GetInt64(), result.GetProperty("session").GetString()),
            cancellationToken);
        Session = session;
        return userId;
    }

    public async Task LogoutAsync(CancellationToken cancellationToken)
    {
        await CommandAsync(new Request("logout"), 0, NoArguments, cancellationToken);
        Session = null;
    }

    /// <param name="sellerId">Any seller; null for the seller who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Rating> GetSellerRatingAsync(long? sellerId, CancellationToken cancellationToken) => CallAsync(
        new Request("get_seller_rating"),
        sellerId,
        static (json, seller) =>
        {
            if (seller is { } id)
            {
                json.WriteNumber("seller_id"u8, id);
            }
        },
        static result => new Rating(result.GetProperty("thumbs_up").GetInt32(), result.GetProperty("thumbs_down").GetInt32()),
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await DisconnectAsync();
        _connecting.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A request with its retries.</summary>
    /// <exception cref="MarketplaceException">The server refused it.</exception>
    /// <exception cref="IOException">The connection broke, and retrying did not help or is not safe.</exception>
    /// <exception cref="TimeoutException">No reply in time, likewise.</exception>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    protected Task<TResult> CallAsync<TArguments, TResult>(
        Request request,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        Func<JsonElement, TResult> read,
        CancellationToken cancellationToken)
    {
        var id = request.Id ?? _ids.Next();
        LastRequestId = id;
        return _options.RetryFor > TimeSpan.Zero
            ? RetryAsync(request, () => AttemptAsync(id, request.Operation, arguments, write, read, cancellationToken), cancellationToken)
            : AttemptAsync(id, request.Operation, arguments, write, read, cancellationToken);
    }

    /// <summary>A request whose reply says only that it was done.</summary>
    protected Task CommandAsync<TArguments>(
        Request request, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, CancellationToken cancellationToken) =>
        CallAsync(request, arguments, write, static _ => true, cancellationToken);

    protected static void NoArguments(Utf8JsonWriter json, int arguments)
    {
    }

    private static void WriteCredentials(Utf8JsonWriter json, (string Name, string Password) credentials)
    {
        json.WriteString("name"u8, credentials.Name);
        json.WriteString("password"u8, credentials.Password);
    }

    private async Task<TResult> AttemptAsync<TArguments, TResult>(
        long id,
        string operation,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        Func<JsonElement, TResult> read,
        CancellationToken cancellationToken)
    {
        // A caller that is traced is followed into the server; the load's clients are not.
        using var span = Activity.Current is { Recorded: true } ? Source.StartActivity(operation, ActivityKind.Client) : null;
        var connection = _connection is { IsOpen: true } open ? open : await OpenAsync(cancellationToken);
        var frame = ClientFrames.Write(id, operation, Session, span?.Id, arguments, write);
        return await connection.CallAsync(id, frame, payload => ClientFrames.Read(payload, read), cancellationToken);
    }

    private async Task<TResult> RetryAsync<TResult>(Request request, Func<Task<TResult>> attempt, CancellationToken cancellationToken)
    {
        var deadline = Environment.TickCount64 + (long)_options.RetryFor.TotalMilliseconds;
        for (var pause = FirstPause; ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            try
            {
                return await attempt();
            }
            catch (Exception exception) when (Environment.TickCount64 < deadline && MayRetry(exception, request))
            {
                await Task.Delay(pause, cancellationToken);
            }
        }
    }

    private static bool MayRetry(Exception exception, Request request) => exception switch
    {
        MarketplaceException { Code: ErrorCodes.Unavailable or ErrorCodes.Overloaded } => true,
        MarketplaceException { Code: ErrorCodes.OutcomeUnknown } => request.Repeatable,
        SocketException => true,
        IOException or TimeoutException => request.Repeatable,
        _ => false,
    };

    private async Task<FrameClient> OpenAsync(CancellationToken cancellationToken)
    {
        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { IsOpen: true } open)
            {
                return open;
            }

            await DisconnectAsync();
            var options = new FrameClientOptions
            {
                ReadId = ClientFrames.ReadId,
                DescribeRefusal = ClientFrames.DescribeRefusal,
                ConnectTimeout = _options.ConnectTimeout,
                ReplyTimeout = _options.ReplyTimeout,
                ContinueOnReceiver = _options.ContinueOnReceiver,
            };
            return _connection = await FrameClient.ConnectAsync(_server, options, cancellationToken);
        }
        finally
        {
            _connecting.Release();
        }
    }

    /// <summary>What is asked.</summary>
    /// <param name="Operation">Its name in the protocol.</param>
    /// <param name="Repeatable">Doing it twice is the same as doing it once, so that it may be retried when in doubt.</param>
    /// <param name="Id">To repeat an earlier request; null for a new one.</param>
    protected readonly record struct Request(string Operation, bool Repeatable = true, long? Id = null);
}
