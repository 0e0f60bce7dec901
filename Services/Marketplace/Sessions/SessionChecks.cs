using System.Collections.Concurrent;
using Lab.Storage.Redis;
using StackExchange.Redis;

namespace Lab.Marketplace.Sessions;

/// <summary>
/// Asks whether sessions live, and begins their timeout anew. Concurrent checks share a round trip: those that arrive
/// while one is under way are the next one; nobody waits for more to come.
/// </summary>
internal sealed class SessionChecks(IDatabase redis, TimeSpan timeout)
{
    private const int MaxBatch = 256;

    private const string ExpireAllScript = """
        local lives = {}
        for index, key in ipairs(KEYS) do lives[index] = redis.call('PEXPIRE', key, ARGV[1]) end
        return lives
        """;

    private readonly ConcurrentQueue<Check> _waiting = new();
    private int _isAsking;

    public Task<bool> LivesAsync(RedisKey session)
    {
        var check = new Check(session);
        _waiting.Enqueue(check);
        AskIfIdle();
        return check.Task;
    }

    private void AskIfIdle()
    {
        if (Interlocked.CompareExchange(ref _isAsking, 1, 0) == 0)
        {
            _ = AskAsync();
        }
    }

    private async Task AskAsync()
    {
        while (Take() is { Count: > 0 } batch)
        {
            // Nothing may leave this loop but its end: the flag would stay set, and nobody would ever ask again.
            try
            {
                var lives = await AskAsync(batch);
                for (var index = 0; index < batch.Count; index++)
                {
                    batch[index].TrySetResult(lives[index]);
                }
            }
            catch (Exception exception)
            {
                batch.ForEach(check => check.TrySetException(exception));
            }
        }

        Volatile.Write(ref _isAsking, 0);
        if (!_waiting.IsEmpty)
        {
            AskIfIdle();
        }
    }

    private async Task<bool[]> AskAsync(List<Check> batch)
    {
        if (batch.Count == 1)
        {
            return [await redis.KeyExpireAsync(batch[0].Session, timeout).OnReader()];
        }

        var keys = batch.Select(check => check.Session).ToArray();
        var lives = (bool[]?)await redis.ScriptEvaluateAsync(ExpireAllScript, keys, [(long)timeout.TotalMilliseconds]).OnReader();
        return lives?.Length == batch.Count
            ? lives
            : throw new RedisException($"Redis told of {lives?.Length ?? 0} of {batch.Count} sessions whether they live");
    }

    private List<Check> Take()
    {
        var batch = new List<Check>();
        while (batch.Count < MaxBatch && _waiting.TryDequeue(out var check))
        {
            batch.Add(check);
        }

        return batch;
    }

    private sealed class Check(RedisKey session) : TaskCompletionSource<bool>
    {
        public RedisKey Session { get; } = session;
    }
}
