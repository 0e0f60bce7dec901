using Lab.Coordination.Multicast;

namespace Lab.Coordination.Histories;

/// <summary>
/// Checks totally ordered multicast from what the processes of a group say, in any order that keeps that of each process: one order for all, those
/// that have died included, without gaps; nothing delivered twice or made up; each sender's messages as it submitted them; and
/// virtual synchrony: all who install a view have delivered the same before it. Each call says what is wrong, or null.
/// </summary>
public sealed class MulticastHistory
{
    /// <summary>Of each era, the messages by place.</summary>
    private readonly Dictionary<long, List<long>> _orders = [];

    private readonly Dictionary<long, Submission> _submissions = [];
    private readonly Dictionary<(int Node, int Process), Progress> _processes = [];
    private readonly Dictionary<long, (GroupView View, long Place, int Witness)> _views = [];

    /// <summary>Messages that some process has delivered.</summary>
    public long Delivered => _orders.Values.Sum(order => (long)order.Count);

    public int Views => _views.Count;

    public int Eras => _orders.Count;

    public long Submitted => _submissions.Count;

    /// <summary>How many messages were reported lost.</summary>
    public long Lost { get; private set; }

    /// <summary>A process has submitted a message; <paramref name="id"/> is unlike all others.</summary>
    public void Submit(long id, int node, int process, long number) => _submissions.Add(id, new Submission(node, process, number));

    /// <summary>A process is told that it is excluded, and which of its messages may be lost.</summary>
    public void Exclude(int node, int process, long first, int count)
    {
        Lost += count;
        Of(node, process).Lost.Add((first, first + count - 1));
    }

    /// <summary>A process installs a view; it has delivered everything up to a place.</summary>
    public string? Install(int node, int process, GroupView view, long place)
    {
        var progress = Of(node, process);
        (progress.Era, progress.Place) = (view.Era, place);
        if (view.IndexOf(node) < 0)
        {
            return $"node {node} installs {view}, and is no member";
        }

        if (_views.TryAdd(view.Number, (view, place, node)))
        {
            return null;
        }

        var known = _views[view.Number];
        return known.Place == place && known.View.Era == view.Era && known.View.Members.SequenceEqual(view.Members)
            ? null
            : $"node {node} installs {view} after place {place}, but node {known.Witness} installed {known.View} after place {known.Place}";
    }

    /// <summary>A process has delivered a message.</summary>
    public string? Deliver(int node, int process, long place, int sender, long number, long id)
    {
        var progress = Of(node, process);
        if (place != progress.Place + 1)
        {
            return $"node {node} delivered place {place} after place {progress.Place}";
        }

        progress.Place = place;
        if (!_submissions.TryGetValue(id, out var submission) || (submission.Node, submission.Number) != (sender, number))
        {
            return $"node {node} delivered message {id} at place {place} as number {number} of {sender}, and nobody has submitted that";
        }

        if (!_orders.TryGetValue(progress.Era, out var order))
        {
            _orders[progress.Era] = order = [];
        }

        if (place <= order.Count)
        {
            return order[(int)place - 1] == id ? null : $"node {node} delivered message {id} at place {place}, where another one has delivered message {order[(int)place - 1]}";
        }

        if (place != order.Count + 1)
        {
            return $"node {node} delivered place {place}, and nobody has delivered place {order.Count + 1}";
        }

        order.Add(id);
        return Extend(submission, id, place);
    }

    /// <summary>At the end, when all is well: everything in the order of the latest era is everywhere, and what those that live have submitted is in it.</summary>
    public string? Missing(IReadOnlyCollection<(int Node, int Process)> live)
    {
        var last = _views.Count == 0 ? 0 : _views.Values.Max(view => view.View.Era);
        var length = _orders.TryGetValue(last, out var order) ? order.Count : 0;
        foreach (var (node, process) in live)
        {
            if (Of(node, process) is var progress && (progress.Era != last || progress.Place != length))
            {
                return $"node {node} is at place {progress.Place} of era {progress.Era}, not at place {length} of era {last}";
            }
        }

        foreach (var (id, submission) in _submissions)
        {
            if (!submission.IsDelivered && live.Contains((submission.Node, submission.Process)) && !Of(submission.Node, submission.Process).HasLost(submission.Number))
            {
                return $"message {id}, number {submission.Number} of node {submission.Node}, was never delivered";
            }
        }

        return null;
    }

    /// <summary>A message that nobody has delivered before.</summary>
    private string? Extend(Submission submission, long id, long place)
    {
        if (submission.IsDelivered)
        {
            return $"message {id} is delivered twice, now at place {place}";
        }

        submission.IsDelivered = true;
        var sender = Of(submission.Node, submission.Process);
        var before = sender.LastInOrder;
        sender.LastInOrder = submission.Number;
        for (var skipped = before + 1; skipped < submission.Number; skipped++)
        {
            if (!sender.HasLost(skipped))
            {
                return $"number {submission.Number} of node {submission.Node} is in the order after number {before}";
            }
        }

        return submission.Number > before ? null : $"number {submission.Number} of node {submission.Node} is in the order after number {before}";
    }

    private Progress Of(int node, int process)
    {
        if (!_processes.TryGetValue((node, process), out var progress))
        {
            _processes[(node, process)] = progress = new Progress();
        }

        return progress;
    }

    private sealed class Submission(int node, int process, long number)
    {
        public int Node { get; } = node;

        public int Process { get; } = process;

        public long Number { get; } = number;

        public bool IsDelivered { get; set; }
    }

    private sealed class Progress
    {
        public long Era { get; set; }

        public long Place { get; set; }

        /// <summary>The latest of its own messages that is in the order.</summary>
        public long LastInOrder { get; set; }

        /// <summary>Numbers of those that it was told may be lost.</summary>
        public List<(long First, long Last)> Lost { get; } = [];

        public bool HasLost(long number) => Lost.Exists(range => number >= range.First && number <= range.Last);
    }
}
