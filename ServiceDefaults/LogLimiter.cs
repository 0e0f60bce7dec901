namespace Lab.ServiceDefaults;

/// <summary>
/// Lets one message per second through, so that a flood of failing connections or requests is not a flood of log lines.
/// </summary>
public sealed class LogLimiter(TimeProvider? time = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private long? _lastTimestamp;
    private long _swallowed;

    /// <param name="swallowed">Messages that were held back since the last that was let through.</param>
    public bool Allows(out long swallowed)
    {
        lock (_gate)
        {
            swallowed = _swallowed;
            if (_lastTimestamp is { } last && _time.GetElapsedTime(last) < Pause)
            {
                _swallowed++;
                return false;
            }

            _lastTimestamp = _time.GetTimestamp();
            _swallowed = 0;
            return true;
        }
    }
}
