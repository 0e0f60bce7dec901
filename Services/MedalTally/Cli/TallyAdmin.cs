using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Lab.MedalTally.Dispatch;
using Lab.MedalTally.Group;
using Lab.ServiceDefaults;

namespace Lab.MedalTally.Cli;

/// <summary>Steers the two tiers through the admin endpoints of dispatcher and database server.</summary>
internal sealed class TallyAdmin(TallyAddress address) : IDisposable
{
    /// <summary>Starting sixteen front-ends on a slow machine takes a while.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { Timeout = Patience };

    /// <exception cref="HttpRequestException">The dispatcher does not answer, or not in time.</exception>
    /// <exception cref="TallyAdminException">It refuses.</exception>
    public Task<IReadOnlyList<FrontEndState>> FrontEndsAsync(CancellationToken cancellationToken) =>
        CallAsync<IReadOnlyList<FrontEndState>>(HttpMethod.Get, address.DispatcherAdmin, "admin/front-ends", content: null, cancellationToken);

    /// <summary>Returns when so many serve.</summary>
    /// <inheritdoc cref="FrontEndsAsync"/>
    public async Task<IReadOnlyList<FrontEndState>> SetFrontEndsAsync(int count, CancellationToken cancellationToken)
    {
        var factors = new Dictionary<string, string>(StringComparer.Ordinal) { ["front_ends"] = count.ToString(CultureInfo.InvariantCulture) };
        await CallAsync<JsonElement>(HttpMethod.Put, address.DispatcherAdmin, "admin/factors", JsonContent.Create(factors), cancellationToken);
        return await FrontEndsAsync(cancellationToken);
    }

    /// <summary>kill -9.</summary>
    /// <inheritdoc cref="FrontEndsAsync"/>
    public Task<IReadOnlyList<FrontEndState>> KillAsync(int number, CancellationToken cancellationToken) => CallAsync<IReadOnlyList<FrontEndState>>(
        HttpMethod.Post, address.DispatcherAdmin, FormattableString.Invariant($"admin/front-ends/{number}/kill"), content: null, cancellationToken);

    /// <summary>Ends the group that is open, and opens another one.</summary>
    /// <inheritdoc cref="FrontEndsAsync"/>
    public async Task OpenGroupAsync(GroupSettings settings, CancellationToken cancellationToken)
    {
        await CloseGroupAsync(cancellationToken);
        foreach (var admin in new[] { address.DatabaseAdmin, address.DispatcherAdmin })
        {
            await CallAsync<GroupSettings>(HttpMethod.Put, admin, "admin/group", JsonContent.Create(settings), cancellationToken);
        }
    }

    /// <inheritdoc cref="FrontEndsAsync"/>
    public async Task CloseGroupAsync(CancellationToken cancellationToken)
    {
        foreach (var admin in new[] { address.DispatcherAdmin, address.DatabaseAdmin })
        {
            using var reply = await SendAsync(HttpMethod.Delete, new Uri(admin, "admin/group"), content: null, address.AdminToken, cancellationToken);
            await CheckAsync(reply, cancellationToken);
        }
    }

    /// <summary>What the members say that answer; the database server, which is member 0, first. Empty: no group is open.</summary>
    /// <inheritdoc cref="FrontEndsAsync"/>
    public async Task<IReadOnlyList<GroupState>> GroupAsync(IReadOnlyList<FrontEndState> frontEnds, CancellationToken cancellationToken)
    {
        if (await FindMemberAsync(new Uri(address.DatabaseAdmin, "admin/group"), address.AdminToken, cancellationToken) is not { } first)
        {
            return [];
        }

        var others = await Task.WhenAll(frontEnds.Where(frontEnd => frontEnd.Pid > 0)
            .Select(frontEnd => FindFrontEndAsync(frontEnd, cancellationToken)));
        return [first, .. others.OfType<GroupState>().Where(state => state.Run == first.Run).OrderBy(state => state.Id)];
    }

    public void Dispose() => _http.Dispose();

    /// <returns>Null: it is in no group, or has just died.</returns>
    private async Task<GroupState?> FindFrontEndAsync(FrontEndState frontEnd, CancellationToken cancellationToken)
    {
        try
        {
            return await FindMemberAsync(new Uri(new Uri(frontEnd.Url), "group"), token: null, cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException or TallyAdminException)
        {
            return null;
        }
    }

    private async Task<GroupState?> FindMemberAsync(Uri uri, string? token, CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(HttpMethod.Get, uri, content: null, token, cancellationToken);
        return reply.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync<GroupState>(reply, cancellationToken);
    }

    private async Task<T> CallAsync<T>(HttpMethod method, Uri admin, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var reply = await SendAsync(method, new Uri(admin, path), content, address.AdminToken, cancellationToken);
        return await ReadAsync<T>(reply, cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri uri, HttpContent? content, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, uri) { Content = content };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);

        // Front-ends, which want no token, count connections as clients: looking on shall not.
        request.Headers.ConnectionClose = token is null;
        try
        {
            return await _http.SendAsync(request, cancellationToken);
        }
        catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"there was no answer within {Patience.TotalSeconds:0} s", exception);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        await CheckAsync(reply, cancellationToken);
        try
        {
            return await reply.Content.ReadFromJsonAsync<T>(cancellationToken) ?? throw new TallyAdminException("the answer is empty");
        }
        catch (JsonException exception)
        {
            throw new TallyAdminException($"the answer of {reply.RequestMessage?.RequestUri?.Authority} cannot be read: {exception.Message}");
        }
    }

    private static async Task CheckAsync(HttpResponseMessage reply, CancellationToken cancellationToken)
    {
        if (reply.IsSuccessStatusCode)
        {
            return;
        }

        var text = await reply.Content.ReadAsStringAsync(cancellationToken);
        throw new TallyAdminException(Reason(text) ?? $"{reply.RequestMessage?.RequestUri?.AbsolutePath} is refused: {(int)reply.StatusCode} {reply.ReasonPhrase}");
    }

    private static string? Reason(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<AdminError>(text, JsonSerializerOptions.Web)?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Dispatcher or database server refuse what they were asked for; the message says why.</summary>
internal sealed class TallyAdminException(string message) : Exception(message);
