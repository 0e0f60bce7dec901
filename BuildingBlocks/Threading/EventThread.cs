namespace Lab.Threading;

/// <summary>
/// A thread that does one thing after the other. What was posted while it was busy is done together, in one turn.
/// </summary>
public sealed class EventThread : IDisposable
{
    private readonly object _gate = new();
    private readonly int _capacity;
    private readonly Thread _thread;
    private List<Action> _posted = [];
    private List<Action> _turn = [];
    private bool _isWaiting;
    private bool _isEnding;

    /// <param name="name">Of the thread.</param>
    /// <param name="capacity">Of the queue, for what <see cref="TryPost"/> puts there.</param>
    public EventThread(string name, int capacity)
    {
        _capacity = capacity;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>Its timers; only for what runs on the thread.</summary>
    public TimerQueue Timers { get; } = new();

    /// <summary>Called by the thread after each turn.</summary>
    public Action? TurnEnded { get; init; }

    /// <summary>Called by the thread with what one of its actions threw; it then ends.</summary>
    public required Action<Exception> Failed { get; init; }

    public void Start() => _thread.Start();

    /// <summary>For what must not be lost, and of which there are only so many. After the end it comes to nothing.</summary>
    public void Post(Action action)
    {
        lock (_gate)
        {
            Add(action);
        }
    }

    /// <summary>For what others send: false when more waits already than may, or at the end.</summary>
    public bool TryPost(Action action)
    {
        lock (_gate)
        {
            if (_posted.Count >= _capacity || _isEnding)
            {
                return false;
            }

            Add(action);
            return true;
        }
    }

    /// <summary>Ends when what was posted until now is done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.Pulse(_gate);
        }

        if (_thread.IsAlive && Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Add(Action action)
    {
        _posted.Add(action);
        if (_isWaiting)
        {
            _isWaiting = false;
            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        try
        {
            while (WaitForTurn())
            {
                foreach (var action in _turn)
                {
                    action();
                }

                _turn.Clear();
                Timers.FireDue();
                TurnEnded?.Invoke();
            }
        }
        catch (Exception exception)
        {
            // A defect; whoever owns the thread decides what that means.
            Failed(exception);
        }
    }

    private bool WaitForTurn()
    {
        lock (_gate)
        {
            if (_posted.Count == 0 && !_isEnding && Timers.WaitMs() is not 0 and var waitMs)
            {
                _isWaiting = true;
                Monitor.Wait(_gate, waitMs);
                _isWaiting = false;
            }

            (_posted, _turn) = (_turn, _posted);
            return !_isEnding || _turn.Count > 0;
        }
    }
}
