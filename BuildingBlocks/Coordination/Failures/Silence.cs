namespace Lab.Coordination.Failures;

/// <summary>What a <see cref="FailureDetector"/> knows of one node: when it was heard, and how long it is usually silent.</summary>
internal sealed class Silence(int node, long nowUs, FailureDetectorOptions options)
{
    private readonly long[] _intervalsUs = new long[options.Window];
    private int _count;
    private int _next;
    private long _sumUs;
    private double _squares;

    public int Node { get; } = node;

    public bool Suspected { get; set; }

    public long LastHeardUs { get; private set; } = nowUs;

    /// <summary>A silence longer than this is suspicious: mean + k deviations of the intervals, within the limits.</summary>
    public long TimeoutUs { get; private set; } = options.MinTimeoutUs;

    public void Heard(long nowUs)
    {
        // A silence counts as little more than the timeout, however long it was: a node that was stopped and goes on is
        // suspected as soon the next time. One that is silent again and again is given more and more time nevertheless.
        Remember(Math.Min(nowUs - LastHeardUs, TimeoutUs + (TimeoutUs / 4)));
        LastHeardUs = nowUs;
        var mean = (double)_sumUs / _count;
        var deviation = Math.Sqrt(Math.Max(0, (_squares / _count) - (mean * mean)));
        TimeoutUs = Math.Clamp((long)(mean + (options.Deviations * deviation)), options.MinTimeoutUs, options.MaxTimeoutUs);
    }

    /// <summary>The observer itself was held up: that time does not count as silence.</summary>
    public void Forgive(long us, long nowUs) => LastHeardUs = Math.Min(nowUs, LastHeardUs + us);

    private void Remember(long intervalUs)
    {
        if (_count == _intervalsUs.Length)
        {
            var oldest = _intervalsUs[_next];
            _sumUs -= oldest;
            _squares -= (double)oldest * oldest;
        }
        else
        {
            _count++;
        }

        _intervalsUs[_next] = intervalUs;
        _next = (_next + 1) % _intervalsUs.Length;
        _sumUs += intervalUs;
        _squares += (double)intervalUs * intervalUs;
    }
}
