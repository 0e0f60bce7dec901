using Lab.LocalHost;
using Lab.LocalHost.Containers;

namespace Lab.Tests.Integration.Containers;

/// <summary>The container engine of this machine, asked once.</summary>
internal static class Engine
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static (ContainerEngine? Found, string? WhyNot)? _asked;

    /// <summary>Why there is none that these tests could use, or null.</summary>
    public static async Task<string?> WhyNotAsync() => (await AskAsync()).WhyNot;

    /// <summary>Skips the test where no container can run.</summary>
    public static async Task NeededAsync() => Assert.SkipWhen(await WhyNotAsync() is not null, await WhyNotAsync() ?? "");

    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(params IReadOnlyList<string> arguments) =>
        await (await AskAsync()).Found!.RunAsync(TestContext.Current.CancellationToken, arguments);

    /// <returns>The exit code of a program inside a container, and what it printed.</returns>
    public static async Task<(int ExitCode, string Output)> InsideAsync(string container, params IReadOnlyList<string> program)
    {
        var (exitCode, output, errors) = await (await AskAsync()).Found!.TryAsync(TestContext.Current.CancellationToken, ["exec", container, .. program]);
        return (exitCode, output + errors);
    }

    /// <summary>Names of what has a lab's label: containers, networks and volumes.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(string state)
    {
        var filter = $"label=lab.state={state}";
        var lists = new[]
        {
            await RunAsync("ps", "--all", "--filter", filter, "--format", "{{.Names}}"),
            await RunAsync("network", "ls", "--filter", filter, "--format", "{{.Name}}"),
            await RunAsync("volume", "ls", "--filter", filter, "--format", "{{.Name}}"),
        };
        return [.. lists.SelectMany(list => list.Split('\n', StringSplitOptions.RemoveEmptyEntries))];
    }

    /// <param name="names">What <c>infra/containers/build</c> is asked for.</param>
    /// <returns>Each one's image, made when it is missing.</returns>
    public static async Task<IReadOnlyDictionary<string, string>> ImagesAsync(params IReadOnlyCollection<string> names) =>
        await ContainerImages.MakeAsync((await AskAsync()).Found!, names, _ => { }, TestContext.Current.CancellationToken);

    private static async Task<(ContainerEngine? Found, string? WhyNot)> AskAsync()
    {
        await Gate.WaitAsync();
        try
        {
            return _asked ??= await AskOnceAsync();
        }
        finally
        {
            Gate.Release();
        }
    }

    private static async Task<(ContainerEngine? Found, string? WhyNot)> AskOnceAsync()
    {
        try
        {
            var engine = await ContainerEngine.FindAsync(CancellationToken.None);
            await ContainerImages.MakeAsync(engine, ["mysql", "redis", "Marketplace", "EchoServer", "FaultProxy", "TradingPost"], _ => { }, CancellationToken.None);
            return (engine, null);
        }
        catch (LabStartException exception)
        {
            return (null, exception.Message);
        }
    }
}
