using Lab.FaultProxy.Pipeline;
using Lab.FaultProxy.Timing;
using Lab.ServiceDefaults;
using Microsoft.Extensions.Logging;

namespace Lab.FaultProxy.Proxies;

/// <summary>What all proxies of the process share.</summary>
internal sealed class ProxyEnvironment(FaultProxyOptions options, TimerThread timers, ServiceFailure failure, ILogger<TcpProxy> logger)
{
    private readonly BufferAccount _account = new(options.TotalBufferBytes);

    /// <summary>The seed of this process's random choices.</summary>
    public long Seed { get; } = options.Seed ?? Random.Shared.NextInt64();

    public FaultProxyOptions Options => options;

    public TimerThread Timers => timers;

    public ServiceFailure Failure => failure;

    public ILogger Logger => logger;

    public BufferAccount CreateLinkAccount() => new(options.LinkBufferBytes, _account);
}
