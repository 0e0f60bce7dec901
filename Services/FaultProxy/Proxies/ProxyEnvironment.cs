using Lab.FaultProxy.Pipeline;
using Lab.FaultProxy.Timing;
using Lab.ServiceDefaults;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Lab.FaultProxy.Proxies;

/// <summary>What all proxies of the process share.</summary>
internal sealed class ProxyEnvironment(
    IOptions<FaultProxyOptions> options, TimerThread timers, ServiceFailure failure, ILogger<TcpProxy> logger)
{
    private readonly BufferAccount _account = new(options.Value.TotalBufferBytes);

    /// <summary>The seed of this process's random choices.</summary>
    public long Seed { get; } = options.Value.Seed ?? Random.Shared.NextInt64();

    public FaultProxyOptions Options => options.Value;

    public TimerThread Timers => timers;

    public ServiceFailure Failure => failure;

    public ILogger Logger => logger;

    public BufferAccount CreateLinkAccount() => new(options.Value.LinkBufferBytes, _account);
}
