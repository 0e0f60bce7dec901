using System.Diagnostics.CodeAnalysis;

namespace Lab.Storage.MySql;

/// <summary>
/// Jobs that wait for a worker. Idle workers sleep in the kernel at once: the runtime's own collections spin first, which
/// costs a fifth of the processor where load, servers and database share two cores.
/// </summary>
internal sealed class JobQueue(int capacity)
{
    private readonly Queue<DatabaseJob> _jobs = new();
    private bool _isCompleted;

    /// <returns>False when too many wait, or none are taken any more.</returns>
    public bool TryAdd(DatabaseJob job)
    {
        lock (_jobs)
        {
            if (_isCompleted || _jobs.Count >= capacity)
            {
                return false;
            }

            _jobs.Enqueue(job);
            Monitor.Pulse(_jobs);
            return true;
        }
    }

    /// <summary>Waits for the next job.</summary>
    /// <returns>False when there will be none any more.</returns>
    public bool TryTake([NotNullWhen(true)] out DatabaseJob? job)
    {
        lock (_jobs)
        {
            while (!_jobs.TryDequeue(out job))
            {
                if (_isCompleted)
                {
                    return false;
                }

                Monitor.Wait(_jobs);
            }

            return true;
        }
    }

    /// <summary>Those that wait are still taken.</summary>
    public void Complete()
    {
        lock (_jobs)
        {
            _isCompleted = true;
            Monitor.PulseAll(_jobs);
        }
    }
}
