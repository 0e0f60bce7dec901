using Lab.LocalHost.Containers;
using Lab.LocalHost.Processes;
using Lab.Processes;

namespace Lab.LocalHost;

/// <summary>What labs of a state folder have left running: found by records and labels, never by names of programs.</summary>
public static class Leftovers
{
    private static readonly TimeSpan LabPatience = TimeSpan.FromSeconds(60);

    /// <summary>Ends the lab that runs in a state folder, if one does, and then whatever is left of it and of earlier ones.</summary>
    /// <param name="options">Which state folder.</param>
    /// <param name="withData">Databases' content goes, too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was ended or removed, in words.</returns>
    /// <exception cref="LabStartException">A lab was started meanwhile.</exception>
    /// <exception cref="ContainerException">Something in the engine cannot be removed.</exception>
    public static async Task<IReadOnlyList<string>> DownAsync(LocalLabOptions options, bool withData, CancellationToken cancellationToken)
    {
        var removed = new List<string>();
        if (!Directory.Exists(options.StateFolder))
        {
            return removed;
        }

        if (LabLock.Holder(options) is { } running)
        {
            await Signals.EndAsync(running, LabPatience, cancellationToken);
            removed.Add(FormattableString.Invariant($"the running lab, process {running.Pid}"));
        }

        using var taken = LabLock.Take(options);
        removed.AddRange((await new RunningRecords(options).EndLeftoversAsync(cancellationToken)).Select(name => $"process of {name}"));
        if (await TryEngineAsync(options, cancellationToken) is { } engine)
        {
            removed.AddRange(await ContainerLab.RemoveAsync(engine, options, withData, cancellationToken));
        }

        var data = Path.Combine(options.StateFolder, LocalLabOptions.DataFolderName);
        if (withData && Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
            removed.Add("the databases' content");
        }

        return removed;
    }

    /// <summary>Before a start; whoever calls it holds the lock.</summary>
    /// <returns>Resources whose processes were ended, and containers and networks that were removed.</returns>
    /// <exception cref="LabStartException">Containers are left, and their engine does not answer.</exception>
    internal static async Task<IReadOnlyList<string>> EndAsync(LocalLabOptions options, CancellationToken cancellationToken)
    {
        var ended = (await new RunningRecords(options).EndLeftoversAsync(cancellationToken)).ToList();
        if (ContainerLab.MayHaveLeft(options))
        {
            try
            {
                var engine = await ContainerEngine.FindAsync(cancellationToken);
                ended.AddRange(await ContainerLab.RemoveAsync(engine, options, withData: false, cancellationToken));
            }
            catch (ContainerException exception)
            {
                throw new LabStartException($"containers of an earlier run are in the way: {exception.Message}", exception);
            }
        }

        return ended;
    }

    /// <summary>Null where no engine is and none was used; one that was used and does not answer is an error.</summary>
    private static async Task<ContainerEngine?> TryEngineAsync(LocalLabOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await ContainerEngine.FindAsync(cancellationToken);
        }
        catch (LabStartException) when (!ContainerLab.MayHaveLeft(options))
        {
            return null;
        }
    }
}
