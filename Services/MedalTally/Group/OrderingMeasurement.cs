using Lab.MedalTally.Stores;
using Lab.Threading;

namespace Lab.MedalTally.Group;

/// <summary>Submits messages, so many at once, each when one before has been delivered here; on the member's thread.</summary>
/// <param name="order">How many, and how large.</param>
/// <param name="submit">Submits one; what is called with its place, or null when it was lost.</param>
internal sealed class OrderingMeasurement(OrderingOrder order, OrderingMeasurement.Submission submit)
{
    public delegate bool Submission(ReadOnlySpan<byte> message, Action<long?> delivered);

    private readonly TaskCompletionSource<OrderingResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<long, long> _latencies = [];
    private readonly byte[] _message = new byte[order.Bytes];
    private long _submitted;
    private long _delivered;
    private int _underWay;
    private long _begunUs;

    /// <exception cref="StoreException">The member was excluded meanwhile, or is none.</exception>
    public Task<OrderingResult> Result => _result.Task;

    public void Begin()
    {
        _begunUs = MonotonicClock.NowUs;
        Continue();
    }

    private bool IsOver => _submitted >= order.Messages || MonotonicClock.NowUs - _begunUs > order.LongestMs * 1000L;

    private void Continue()
    {
        while (_underWay < order.Window && !IsOver)
        {
            var sentUs = MonotonicClock.NowUs;
            BitConverter.TryWriteBytes(_message.AsSpan(1), _submitted);
            if (!submit(_message, place => Delivered(sentUs, place)))
            {
                break;
            }

            _submitted++;
            _underWay++;
        }

        if (_underWay == 0 && !_result.Task.IsCompleted)
        {
            if (IsOver)
            {
                _result.SetResult(new OrderingResult(
                    _delivered, MonotonicClock.NowUs - _begunUs, [.. _latencies.OrderBy(latency => latency.Key).Select(latency => new LatencyCount(latency.Key, latency.Value))]));
            }
            else
            {
                _result.SetException(new StoreException("this member is not in the group's order now", isOutcomeUnknown: false));
            }
        }
    }

    private void Delivered(long sentUs, long? place)
    {
        _underWay--;
        if (place is null)
        {
            _result.TrySetException(new StoreException("this member was excluded while it ordered", isOutcomeUnknown: true));
            return;
        }

        _delivered++;
        var us = ThreeDigits(MonotonicClock.NowUs - sentUs);
        _latencies[us] = _latencies.GetValueOrDefault(us) + 1;
        Continue();
    }

    /// <summary>So that there are few different ones.</summary>
    private static long ThreeDigits(long us)
    {
        var scale = 1L;
        for (; us / scale >= 1000; scale *= 10)
        {
        }

        return us / scale * scale;
    }
}
