using System.Security.Cryptography;

namespace Lab.Marketplace.Client;

/// <summary>
/// Request ids below 2^53: a random 31-bit prefix and a 22-bit counter, so that a user's clients do not repeat each
/// other's ids.
/// </summary>
internal sealed class RequestIds
{
    private const int CounterBits = 22;

    private readonly Lock _gate = new();
    private long _prefix;
    private long _counter;

    public long Next()
    {
        lock (_gate)
        {
            if (_counter == 0)
            {
                _prefix = RandomNumberGenerator.GetInt32(1, int.MaxValue);
            }

            var id = (_prefix << CounterBits) | _counter;
            _counter = (_counter + 1) & ((1L << CounterBits) - 1);
            return id;
        }
    }
}
