namespace Lab.MedalTally.Tables;

/// <summary>
/// The latest changes of the board in their order, for those who follow it. Who reads has a place of its own and costs nothing
/// here; who falls behind further than the log reaches must begin anew.
/// </summary>
public sealed class UpdateLog(int capacity = UpdateLog.DefaultCapacity)
{
    public const int DefaultCapacity = 65_536;

    private readonly TallyRow[] _updates = new TallyRow[capacity];
    private readonly Lock _gate = new();
    private TaskCompletionSource? _arrived;

    /// <summary>Versions above <see cref="_first"/> up to <see cref="_last"/> are there.</summary>
    private long _first;
    private long _last;

    /// <summary>Of the latest change.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>The oldest version after which it can be read.</summary>
    public long First
    {
        get
        {
            lock (_gate)
            {
                return _first;
            }
        }
    }

    /// <summary>Begins anew: what follows is newer than this version.</summary>
    public void StartAfter(long version)
    {
        lock (_gate)
        {
            (_first, _last) = (version, version);
        }

        Wake();
    }

    /// <summary>Whoever waits looks once more, also whether this is still the log to follow.</summary>
    public void Wake()
    {
        TaskCompletionSource? arrived;
        lock (_gate)
        {
            (arrived, _arrived) = (_arrived, null);
        }

        arrived?.SetResult();
    }

    /// <summary>The next changes; versions must follow each other.</summary>
    public void Add(ReadOnlySpan<TallyRow> updates)
    {
        lock (_gate)
        {
            foreach (var update in updates)
            {
                if (update.Version <= _last)
                {
                    continue;
                }

                if (update.Version != _last + 1)
                {
                    throw new InvalidOperationException($"version {update.Version} follows version {_last}");
                }

                _updates[update.Version % capacity] = update;
                _last = update.Version;
            }

            _first = Math.Max(_first, _last - capacity);
        }

        Wake();
    }

    /// <summary>Changes after a version, oldest first.</summary>
    /// <param name="after">What the reader has seen.</param>
    /// <param name="most">So many at most.</param>
    /// <returns>Null: the log does not reach back so far, or has not come so far.</returns>
    public IReadOnlyList<TallyRow>? Read(long after, int most)
    {
        lock (_gate)
        {
            if (after < _first || after > _last)
            {
                return null;
            }

            var count = (int)Math.Min(most, _last - after);
            var updates = new TallyRow[count];
            for (var index = 0; index < count; index++)
            {
                updates[index] = _updates[(after + 1 + index) % capacity];
            }

            return updates;
        }
    }

    /// <summary>Returns when there is something after a version, at once when that version is not of this log, or when it is woken.</summary>
    public Task WaitAsync(long after, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return after != _last
                ? Task.CompletedTask
                : (_arrived ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(cancellationToken);
        }
    }
}
