namespace Lab.Coordination.Failures;

/// <summary>
/// Tells from heartbeats who is gone: a node is suspected when it has been silent for longer than its past silences let
/// expect. It may err, and then trusts the node again: nobody can tell a slow process from a dead one.
/// </summary>
/// <remarks>
/// The expectation is learnt from a window of past arrivals, as by W. Chen, S. Toueg, M. Aguilera, "On the Quality of Service
/// of Failure Detectors" (2002); the margin is a multiple of the deviation, as in V. Jacobson's timeouts of TCP
/// ("Congestion Avoidance and Control", 1988).
/// </remarks>
public sealed class FailureDetector(FailureDetectorOptions options)
{
    private readonly List<Silence> _nodes = [];
    private long? _lastCheckUs;
    private bool _heldUp;
    private bool _skipped;

    /// <summary>Begins to expect heartbeats of a node; what was known of it is forgotten.</summary>
    public void Watch(int node, long nowUs)
    {
        Forget(node);
        _nodes.Add(new Silence(node, nowUs, options));
    }

    /// <summary>Expects nothing of it any more.</summary>
    public void Forget(int node)
    {
        if (Find(node) is { } known)
        {
            _nodes.Remove(known);
        }
    }

    /// <summary>A sign of life. True when the node was suspected until now. Nodes that are not watched are ignored.</summary>
    public bool Heard(int node, long nowUs)
    {
        NoticeOwnDelay(nowUs);
        if (Find(node) is not { } known)
        {
            return false;
        }

        known.Heard(nowUs);
        var suspected = known.Suspected;
        known.Suspected = false;
        return suspected;
    }

    /// <summary>
    /// To be called every <see cref="FailureDetectorOptions.HeartbeatUs"/>: nodes that are suspected from now on. A call
    /// that comes late says that this process was held up, not the others: it gives them time.
    /// </summary>
    public IReadOnlyList<int> Check(long nowUs)
    {
        NoticeOwnDelay(nowUs);
        _lastCheckUs = nowUs;

        // What came meanwhile may still wait to be read. Never twice in a row: an overloaded process would suspect nobody.
        _skipped = _heldUp && !_skipped;
        _heldUp = false;
        if (_skipped)
        {
            return [];
        }

        List<int>? silent = null;
        foreach (var known in _nodes)
        {
            if (!known.Suspected && nowUs - known.LastHeardUs > known.TimeoutUs)
            {
                known.Suspected = true;
                (silent ??= []).Add(known.Node);
            }
        }

        return silent ?? (IReadOnlyList<int>)[];
    }

    /// <summary>Another source knows that a node is gone, such as the end of its connection. The next sign of life says otherwise.</summary>
    public void Suspect(int node)
    {
        if (Find(node) is { } known)
        {
            known.Suspected = true;
        }
    }

    public bool Suspects(int node) => Find(node)?.Suspected ?? false;

    /// <summary>How long a node may be silent now; null when it is not watched.</summary>
    public long? TimeoutUs(int node) => Find(node)?.TimeoutUs;

    /// <summary>
    /// While this process stood still nobody could be heard: what its checks are late by is taken off every silence. So
    /// silence is measured in time in which this process ran.
    /// </summary>
    private void NoticeOwnDelay(long nowUs)
    {
        if (_lastCheckUs is not { } last || nowUs - last <= 2 * options.HeartbeatUs)
        {
            return;
        }

        foreach (var known in _nodes)
        {
            known.Forgive(nowUs - last - options.HeartbeatUs, nowUs);
        }

        _lastCheckUs = nowUs - options.HeartbeatUs;
        _heldUp = true;
    }

    private Silence? Find(int node)
    {
        foreach (var known in _nodes)
        {
            if (known.Node == node)
            {
                return known;
            }
        }

        return null;
    }
}
