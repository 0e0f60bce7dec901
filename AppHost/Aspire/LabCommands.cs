using System.Net.Http.Headers;
using Lab.FaultProxy.Client;
using Lab.Topology;

namespace Lab.AppHost.Aspire;

/// <summary>Buttons of the dashboard that make trouble, and end it.</summary>
internal static class LabCommands
{
    private const int InjectedMs = 40;

    /// <summary>Inject and heal, for a fault proxy.</summary>
    public static IResourceBuilder<T> WithFaultCommands<T>(this IResourceBuilder<T> builder, Uri api, IReadOnlyList<LinkSpec> links)
        where T : IResource => builder
        .WithCommand(
            "inject-latency",
            FormattableString.Invariant($"Inject {InjectedMs} ms"),
            context => AskAsync(api, async client =>
            {
                foreach (var link in links.Where(link => link.Class == LinkSpec.ClientServer))
                {
                    await InjectAsync(client, link.Name, context.CancellationToken);
                }
            }),
            new CommandOptions { Description = "Delays what servers answer to clients that come through the fault proxy.", IconName = "Clock", IsHighlighted = true })
        .WithCommand(
            "heal",
            "Heal",
            context => AskAsync(api, client => client.ResetAsync(context.CancellationToken)),
            new CommandOptions { Description = "Removes every fault from every link.", IconName = "HeartPulse", IsHighlighted = true });

    /// <summary>Crash, for a service.</summary>
    public static IResourceBuilder<T> WithCrashCommand<T>(this IResourceBuilder<T> builder, Uri admin, string token)
        where T : IResource => builder.WithCommand(
        "crash",
        "Crash",
        async context =>
        {
            using var http = new HttpClient();
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            try
            {
                using var reply = await http.PostAsync(new Uri(admin, "/admin/crash"), content: null, context.CancellationToken);
                return CommandResults.Failure($"It refuses: {(int)reply.StatusCode}");
            }
            catch (HttpRequestException)
            {
                // It died before it could answer: that was asked for.
                return CommandResults.Success();
            }
        },
        new CommandOptions
        {
            Description = "Dies as in a power cut, and is started again.",
            IconName = "Flash",
            UpdateState = context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
        });

    /// <summary>A second click changes nothing.</summary>
    private static async Task InjectAsync(ToxiproxyClient client, string link, CancellationToken cancellationToken)
    {
        var toxic = new LatencyToxicSpec(InjectedMs) { Name = "injected" };
        var proxy = await client.GetProxyAsync(link, cancellationToken);
        if (proxy.Toxics.All(existing => existing.Name != toxic.Name))
        {
            await client.AddToxicAsync(link, toxic, cancellationToken);
        }
    }

    private static async Task<ExecuteCommandResult> AskAsync(Uri api, Func<ToxiproxyClient, Task> ask)
    {
        try
        {
            using var client = new ToxiproxyClient(api);
            await ask(client);
            return CommandResults.Success();
        }
        catch (ToxiproxyException exception)
        {
            return CommandResults.Failure(exception.Message);
        }
    }
}
