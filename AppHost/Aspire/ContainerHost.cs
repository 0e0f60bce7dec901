using Lab.LocalHost;
using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;
using Lab.LocalHost.Resources;
using Lab.Topology;

namespace Lab.AppHost.Aspire;

/// <summary>A container engine that can run the lab's databases and caches.</summary>
/// <param name="Engine">Path of its program.</param>
/// <param name="Images">Of databases and caches, by name.</param>
/// <param name="HasToxiproxy">It has Toxiproxy's image, too.</param>
internal sealed record ContainerHost(string Engine, IReadOnlyDictionary<string, string> Images, bool HasToxiproxy)
{
    /// <summary>Without a registry that is known at once.</summary>
    private static readonly TimeSpan PullPatience = TimeSpan.FromMinutes(2);

    /// <summary>Decides what runs databases and caches: as asked, and the other way round where that is impossible.</summary>
    /// <param name="topology">What needs them.</param>
    /// <param name="options">Which of them are somebody else's.</param>
    /// <param name="asked">As in <see cref="LabArguments.Databases"/>.</param>
    /// <param name="say">Gets lines for people.</param>
    /// <returns>Null: programs of this machine do.</returns>
    /// <exception cref="LabStartException">Neither is possible; the message says why, and what to do.</exception>
    public static async Task<ContainerHost?> ChooseAsync(LabTopology topology, LocalLabOptions options, string? asked, Action<string> say)
    {
        var whyNotLocal = WhyNotLocal(topology, options);
        if (asked == LabArguments.Local || (asked is null && whyNotLocal is null))
        {
            return whyNotLocal is null ? null : throw new LabStartException(whyNotLocal);
        }

        try
        {
            return await MakeAsync(topology, options, say);
        }
        catch (LabStartException exception)
        {
            var whyNot = exception is NoContainerEngineException { Reason: var reason } ? reason : exception.Message;
            if (whyNotLocal is not null)
            {
                throw new LabStartException(
                    $"MySQL and Redis can run neither as programs of this machine ({whyNotLocal}) nor in containers ({whyNot})", exception);
            }

            say($"MySQL and Redis run as programs of this machine, not in containers: {whyNot}");
            return null;
        }
    }

    private static string? WhyNotLocal(LabTopology topology, LocalLabOptions options)
    {
        try
        {
            if (options.ExternalMySql is null && topology.Databases.Count > 0)
            {
                MySqlServer.FindProgram();
            }

            if (options.ExternalRedis is null && topology.Caches.Count > 0)
            {
                RedisServer.FindProgram();
            }

            return null;
        }
        catch (LabStartException exception)
        {
            return exception.Message;
        }
    }

    private static async Task<ContainerHost> MakeAsync(LabTopology topology, LocalLabOptions options, Action<string> say)
    {
        var engine = await ContainerEngine.FindAsync(CancellationToken.None);
        string[] names =
        [
            .. topology.Databases.Where(_ => options.ExternalMySql is null).Select(database => database.Name),
            .. topology.Caches.Where(_ => options.ExternalRedis is null).Select(cache => cache.Name),
        ];
        var images = names.Length == 0
            ? new Dictionary<string, string>(StringComparer.Ordinal)
            : await ContainerImages.MakeAsync(engine, names, progress => say(progress.Detail), CancellationToken.None);
        return new ContainerHost(engine.Program, images, await HasAsync(engine, ToxiproxyResource.Image, say));
    }

    /// <summary>Whether an image is there or can be pulled.</summary>
    private static async Task<bool> HasAsync(ContainerEngine engine, string image, Action<string> say)
    {
        if ((await engine.TryAsync(CancellationToken.None, "image", "inspect", image)).ExitCode == 0)
        {
            return true;
        }

        string whyNot;
        try
        {
            var (exitCode, _, errors) = await ProgramRun.OfAsync(engine.Program, ["pull", "--quiet", image], PullPatience, CancellationToken.None);
            if (exitCode == 0)
            {
                return true;
            }

            whyNot = errors.Trim();
        }
        catch (LabStartException exception)
        {
            whyNot = exception.Message;
        }

        say($"The lab's own fault proxy runs instead of Toxiproxy, whose image cannot be pulled: {whyNot}");
        return false;
    }
}
