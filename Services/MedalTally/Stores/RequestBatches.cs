namespace Lab.MedalTally.Stores;

/// <summary>Sizes of <see cref="RequestBatches{TRequest, TReply}"/>.</summary>
/// <param name="MostUnderWay">Frames that are not answered yet: few, so that frames grow with the load.</param>
/// <param name="MostTogether">Requests of one frame.</param>
/// <param name="MostWaiting">Requests that may wait for a frame.</param>
internal sealed record BatchLimits(int MostUnderWay, int MostTogether, int MostWaiting = 20_000);

/// <summary>Sends requests together that came while earlier ones were on their way. A quiet front-end sends each at once.</summary>
/// <param name="limits">Sizes.</param>
/// <param name="send">Sends a batch and gives as many replies, in the same order.</param>
internal sealed class RequestBatches<TRequest, TReply>(BatchLimits limits, Func<IReadOnlyList<TRequest>, Task<TReply[]>> send)
{
    /// <summary>So many callers go on on the thread that heard the reply; more would keep it from hearing the next.</summary>
    private const int PublishedInline = 4;

    private readonly Lock _gate = new();
    private readonly Queue<Item> _waiting = new();
    private int _underWay;

    /// <exception cref="IOException">Too many wait, or it could not be sent, or its reply did not come.</exception>
    public Task<TReply> AskAsync(TRequest request)
    {
        var item = new Item(request);
        List<Item> batch;
        lock (_gate)
        {
            if (_underWay >= limits.MostUnderWay)
            {
                if (_waiting.Count >= limits.MostWaiting)
                {
                    throw new NotConnectedException("too many requests wait for the database server");
                }

                _waiting.Enqueue(item);
                return item.Task;
            }

            _underWay++;
            batch = [item];
        }

        _ = SendAllAsync(batch);
        return item.Task;
    }

    /// <summary>A batch, and then those that wait, one after the other. A loop: many that fail at once would pile up on the stack.</summary>
    private async Task SendAllAsync(List<Item> batch)
    {
        var sending = SendAsync(batch);
        for (var next = batch; next is not null; batch = next!)
        {
            var (replies, failure) = await sending;

            // The next batch leaves before those who asked go on.
            next = Next();
            sending = next is null ? sending : SendAsync(next);
            if (batch.Count <= PublishedInline)
            {
                Publish(batch, replies, failure);
            }
            else
            {
                ThreadPool.UnsafeQueueUserWorkItem(static done => Publish(done.batch, done.replies, done.failure), (batch, replies, failure), preferLocal: false);
            }
        }
    }

    private async Task<(TReply[]? Replies, Exception? Failure)> SendAsync(List<Item> batch)
    {
        try
        {
            return (await send(batch.ConvertAll(item => item.Request)), null);
        }
        catch (Exception exception)
        {
            // Whoever asked hears of it, whatever it is.
            return (null, exception);
        }
    }

    private List<Item>? Next()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _underWay--;
                return null;
            }

            var batch = new List<Item>(Math.Min(_waiting.Count, limits.MostTogether));
            while (batch.Count < limits.MostTogether && _waiting.TryDequeue(out var item))
            {
                batch.Add(item);
            }

            return batch;
        }
    }

    private static void Publish(List<Item> batch, TReply[]? replies, Exception? failure)
    {
        for (var number = 0; number < batch.Count; number++)
        {
            if (replies is not null)
            {
                batch[number].SetResult(replies[number]);
            }
            else
            {
                batch[number].SetException(failure!);
            }
        }
    }

    private sealed class Item(TRequest request) : TaskCompletionSource<TReply>
    {
        public TRequest Request => request;
    }
}
