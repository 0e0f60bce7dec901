using System.Runtime.CompilerServices;

namespace Lab.Storage.Redis;

/// <summary>Awaits replies of Redis on the thread that has read them.</summary>
public static class RedisReply
{
    /// <summary>
    /// The client library hands whoever awaits a reply to the thread pool, because it cannot know whether he would hold up all
    /// other replies. For those who surely do not: what follows must not block.
    /// </summary>
    public static ReaderAwaiter<TResult> OnReader<TResult>(this Task<TResult> reply) => new(reply);

    /// <summary>Awaitable and awaiter in one.</summary>
    public readonly struct ReaderAwaiter<TResult>(Task<TResult> reply) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => reply.IsCompleted;

        public ReaderAwaiter<TResult> GetAwaiter() => this;

        public TResult GetResult() => reply.GetAwaiter().GetResult();

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            // A task posts its continuation to the context in which it was awaited, whatever it was told about threads.
            var before = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(CallerContext.Instance);
            try
            {
                reply.GetAwaiter().UnsafeOnCompleted(continuation);
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(before);
            }
        }
    }

    /// <summary>
    /// Does what is posted to it at once, on the thread that posts it. It is a thread's current context only while a
    /// continuation is handed over: what is posted then belongs to a reply that came meanwhile, and would run inside the
    /// hand-over, in this context, and one deeper with every such reply. The thread pool takes it.
    /// </summary>
    private sealed class CallerContext : SynchronizationContext
    {
        public static readonly CallerContext Instance = new();

        public override void Post(SendOrPostCallback d, object? state)
        {
            if (Current == this)
            {
                ThreadPool.UnsafeQueueUserWorkItem(d.Invoke, state, preferLocal: true);
            }
            else
            {
                d(state);
            }
        }
    }
}
