using System.Reflection;
using Lab.Marketplace.Sessions;
using StackExchange.Redis;

namespace Lab.Tests.Unit.Marketplace;

/// <summary>Checks of sessions that share round trips, with a Redis that answers as the test wants it.</summary>
public class SessionChecksTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_answer_for_too_few_sessions_fails_those_that_asked_and_nobody_after_them()
    {
        var first = new TaskCompletionSource<bool>();
        var redis = new Queue<Task>([
            first.Task,
            Task.FromResult(RedisResult.Create([(RedisValue)1])),
            Task.FromResult(true),
        ]);
        var checks = new SessionChecks(ScriptedRedis.Create(redis.Dequeue), TimeSpan.FromMinutes(1));

        // The first asks alone; the others share the next question.
        var alone = checks.LivesAsync("a");
        var together = new[] { checks.LivesAsync("b"), checks.LivesAsync("c") };
        first.SetResult(true);

        Assert.True(await alone.WaitAsync(Patience));
        foreach (var check in together)
        {
            var failure = await Assert.ThrowsAsync<RedisException>(() => check.WaitAsync(Patience));
            Assert.Contains("1 of 2 sessions", failure.Message, StringComparison.Ordinal);
        }

        Assert.True(await checks.LivesAsync("d").WaitAsync(Patience));
    }

    [Fact]
    public async Task A_question_that_fails_fails_those_that_asked_and_nobody_after_them()
    {
        var redis = new Queue<Task>([Task.FromException<bool>(new TimeoutException("no answer")), Task.FromResult(false)]);
        var checks = new SessionChecks(ScriptedRedis.Create(redis.Dequeue), TimeSpan.FromMinutes(1));
        Assert.Equal("no answer", (await Assert.ThrowsAsync<TimeoutException>(() => checks.LivesAsync("a").WaitAsync(Patience))).Message);
        Assert.False(await checks.LivesAsync("b").WaitAsync(Patience));
    }

    /// <summary>Gives one answer after the other, whatever is asked.</summary>
    public class ScriptedRedis : DispatchProxy
    {
        private Func<Task> _next = null!;

        public static IDatabase Create(Func<Task> next)
        {
            var redis = Create<IDatabase, ScriptedRedis>();
            ((ScriptedRedis)(object)redis)._next = next;
            return redis;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _next();
    }
}
