using System.Globalization;

namespace Lab.LocalHost.Containers;

/// <summary>
/// Tells when containers have come up. One question to the engine serves all who wait: a program of it for each of them
/// would take the processors from the containers.
/// </summary>
internal sealed class ContainerWatch(ContainerEngine engine)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource<int>> _waiting = new(StringComparer.Ordinal);
    private bool _isAsking;

    /// <summary>Waits until a container runs; its network is there then.</summary>
    /// <returns>Id of its first process, as this machine counts; null when it has not come up.</returns>
    /// <param name="name">Of the container.</param>
    /// <param name="ended">Ends the waiting: whoever was to start the container has given up.</param>
    /// <param name="cancellationToken">Ends the waiting, too.</param>
    public async Task<int?> RunningAsync(string name, Task ended, CancellationToken cancellationToken)
    {
        Task<int> running;
        lock (_gate)
        {
            var waiting = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting[name] = waiting;
            running = waiting.Task;
            if (!_isAsking)
            {
                _isAsking = true;
                _ = Task.Run(AskAsync, CancellationToken.None);
            }
        }

        try
        {
            await Task.WhenAny(running, ended, Task.Delay(Patience, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            return running.IsCompleted ? await running : null;
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove(name);
            }
        }
    }

    /// <summary>Until nobody waits any more.</summary>
    private async Task AskAsync()
    {
        while (true)
        {
            List<string> names;
            lock (_gate)
            {
                names = [.. _waiting.Keys];
                if (names.Count == 0)
                {
                    _isAsking = false;
                    return;
                }
            }

            foreach (var (name, pid) in await RunningAsync(names))
            {
                lock (_gate)
                {
                    _waiting.GetValueOrDefault(name)?.TrySetResult(pid);
                }
            }

            await Task.Delay(Interval);
        }
    }

    private async Task<IReadOnlyList<(string Name, int Pid)>> RunningAsync(List<string> names)
    {
        try
        {
            // Those that are not there yet are no failure of the others.
            var (_, output, _) = await engine.TryAsync(
                CancellationToken.None, ["inspect", "--type", "container", "--format", "{{.Name}} {{.State.Running}} {{.State.Pid}}", .. names]);
            return
            [
                .. output.Split('\n').Select(line => line.Trim().Split(' '))
                    .Where(fields => fields is [_, "true", not "0"])
                    .Select(fields => (fields[0].TrimStart('/'), int.Parse(fields[2], CultureInfo.InvariantCulture))),
            ];
        }
        catch (ContainerException)
        {
            // Asked again; whoever waits has a bound.
            return [];
        }
    }
}
