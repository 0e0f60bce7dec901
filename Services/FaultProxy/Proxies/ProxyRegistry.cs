using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Lab.FaultProxy.Api;

namespace Lab.FaultProxy.Proxies;

/// <summary>All proxies of the process. Changes happen one after the other; the ways in which they fail are the API's.</summary>
internal sealed class ProxyRegistry(ProxyEnvironment environment) : IAsyncDisposable
{
    private const int MaxProxies = 1000;
    private const string DefaultListen = "127.0.0.1:0";

    private readonly SemaphoreSlim _changes = new(1);
    private readonly ConcurrentDictionary<string, TcpProxy> _proxies = new(StringComparer.Ordinal);

    public IReadOnlyCollection<TcpProxy> All => [.. _proxies.Values];

    /// <exception cref="ApiException">There is no such proxy.</exception>
    public TcpProxy Find(string name) => _proxies.GetValueOrDefault(name) ?? throw ApiException.ProxyNotFound();

    /// <exception cref="ApiException">The proxy is not valid, its name is taken or it cannot listen.</exception>
    public Task<TcpProxy> CreateAsync(ProxyInput input, CancellationToken cancellationToken) => ChangeAsync(
        () =>
        {
            CheckRequired(input, place: "");
            var proxy = Make(input);
            if (_proxies.ContainsKey(proxy.Name))
            {
                throw ApiException.ProxyExists();
            }

            CheckRoom();
            if (input.Enabled ?? true)
            {
                proxy.Start(Bind(proxy.Listen));
            }

            _proxies[proxy.Name] = proxy;
            return Task.FromResult(proxy);
        },
        cancellationToken);

    /// <summary>
    /// Creates these proxies. One that exists with the same addresses is left as it is, one with others is replaced. If one
    /// is not valid, none is created; if one cannot listen, those before it stay.
    /// </summary>
    /// <returns>The proxies up to the first that failed, and its failure.</returns>
    public Task<(IReadOnlyList<TcpProxy> Proxies, ApiException? Failure)> PopulateAsync(
        IReadOnlyList<ProxyInput> inputs, CancellationToken cancellationToken) => ChangeAsync(
        async () =>
        {
            var proxies = new List<TcpProxy>();
            ApiException? failure = null;
            try
            {
                foreach (var (proxy, enabled) in inputs.Select(CheckInput).ToList())
                {
                    proxies.Add(await AddOrReplaceAsync(proxy, enabled));
                }
            }
            catch (ApiException refused)
            {
                failure = refused;
            }

            return ((IReadOnlyList<TcpProxy>)proxies, failure);
        },
        cancellationToken);

    /// <summary>
    /// Changes what was sent. Other addresses, or none at all, close all connections; a change that is refused changes nothing.
    /// </summary>
    /// <exception cref="ApiException">There is no such proxy, or it would not be valid, or it cannot listen.</exception>
    public Task<TcpProxy> UpdateAsync(string name, ProxyInput input, CancellationToken cancellationToken) => ChangeAsync(
        async () =>
        {
            var proxy = Find(name);
            var enabled = input.Enabled ?? proxy.Enabled;
            var wanted = Make(new ProxyInput
            {
                Name = name,
                Listen = input.Listen ?? proxy.Listen.ToString(),
                Upstream = input.Upstream ?? proxy.Upstream,
            });
            if (IsSame(proxy, wanted) && enabled == proxy.Enabled)
            {
                return proxy;
            }

            var listener = await ReplaceListenerAsync(proxy, wanted.Listen, enabled);
            proxy.Relocate(wanted.Listen, wanted.Upstream);
            if (listener is not null)
            {
                proxy.Start(listener);
            }

            return proxy;
        },
        cancellationToken);

    /// <exception cref="ApiException">There is no such proxy.</exception>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => ChangeAsync(
        async () =>
        {
            var proxy = Find(name);
            await proxy.StopAsync();
            return _proxies.TryRemove(name, out _);
        },
        cancellationToken);

    /// <summary>Enables all proxies and removes all toxics.</summary>
    /// <exception cref="ApiException">A proxy cannot listen; then nothing has changed.</exception>
    public Task ResetAsync(CancellationToken cancellationToken) => ChangeAsync(
        () =>
        {
            var listeners = new List<(TcpProxy Proxy, Socket Listener)>();
            try
            {
                foreach (var proxy in All.Where(proxy => !proxy.Enabled))
                {
                    listeners.Add((proxy, Bind(proxy.Listen)));
                }
            }
            catch
            {
                listeners.ForEach(bound => bound.Listener.Dispose());
                throw;
            }

            listeners.ForEach(bound => bound.Proxy.Start(bound.Listener));
            foreach (var proxy in All)
            {
                proxy.Toxics.Clear();
            }

            return Task.FromResult(true);
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _changes.WaitAsync();
        foreach (var proxy in All)
        {
            await proxy.StopAsync();
        }

        _changes.Dispose();
    }

    private async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _changes.WaitAsync(cancellationToken);
        try
        {
            return await change();
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task<TcpProxy> AddOrReplaceAsync(TcpProxy proxy, bool enabled)
    {
        if (!_proxies.TryGetValue(proxy.Name, out var existing))
        {
            CheckRoom();
        }
        else if (IsSame(existing, proxy))
        {
            return existing;
        }

        var listener = await ReplaceListenerAsync(existing, proxy.Listen, enabled);
        if (listener is not null)
        {
            proxy.Start(listener);
        }

        _proxies[proxy.Name] = proxy;
        return proxy;
    }

    /// <summary>
    /// Stops a proxy, if it was there, for one that takes its place. The new listener is there before the old one is given up,
    /// so that a failure changes nothing; where both are the same, it is kept.
    /// </summary>
    /// <returns>For the new proxy; null when it is not enabled.</returns>
    /// <exception cref="ApiException">The address cannot be listened on.</exception>
    private static async Task<Socket?> ReplaceListenerAsync(TcpProxy? existing, IPEndPoint listen, bool enabled)
    {
        var isKept = enabled && existing is { Enabled: true } && existing.Listen.Equals(listen);
        var bound = enabled && !isKept ? Bind(listen) : null;
        var released = existing is null ? null : await existing.ReleaseAsync();
        if (isKept)
        {
            return released;
        }

        released?.Dispose();
        return bound;
    }

    private (TcpProxy Proxy, bool Enabled) CheckInput(ProxyInput input, int index)
    {
        CheckRequired(input, $" at proxy {index + 1}");
        return (Make(input), input.Enabled ?? true);
    }

    private TcpProxy Make(ProxyInput input)
    {
        var field = "";
        try
        {
            var listen = string.IsNullOrEmpty(input.Listen) ? DefaultListen : input.Listen;
            field = "listen";
            var endPoint = HostPort.ParseListen(listen);
            field = "upstream";
            return new TcpProxy(ApiName.Check(input.Name!), endPoint, input.Upstream!, environment);
        }
        catch (FormatException failure)
        {
            throw ApiException.BadField($"{field}: {failure.Message}");
        }
    }

    private void CheckRoom()
    {
        if (_proxies.Count >= MaxProxies)
        {
            throw ApiException.BadField($"there are at most {MaxProxies} proxies");
        }
    }

    private static void CheckRequired(ProxyInput input, string place)
    {
        if (string.IsNullOrEmpty(input.Name))
        {
            throw ApiException.MissingField($"name{place}");
        }

        if (string.IsNullOrEmpty(input.Upstream))
        {
            throw ApiException.MissingField($"upstream{place}");
        }
    }

    private static bool IsSame(TcpProxy proxy, TcpProxy other) =>
        proxy.Listen.Equals(other.Listen) && proxy.Upstream == other.Upstream;

    private static Socket Bind(IPEndPoint listen)
    {
        try
        {
            return TcpProxy.Bind(listen);
        }
        catch (SocketException failure)
        {
            throw ApiException.CannotListen(listen.ToString(), failure.Message);
        }
    }
}
