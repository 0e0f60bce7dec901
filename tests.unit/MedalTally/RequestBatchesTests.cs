using Lab.MedalTally.Stores;

namespace Lab.Tests.Unit.MedalTally;

public class RequestBatchesTests
{
    /// <summary>Batches that have left, each with what it will be answered; answered when a test says so.</summary>
    private readonly List<(IReadOnlyList<int> Requests, TaskCompletionSource<string[]> Answer)> _sent = [];

    [Fact]
    public async Task A_request_leaves_at_once_when_nothing_is_under_way()
    {
        var batches = New(underWay: 1);
        var first = batches.AskAsync(1);
        Assert.Equal([1], Assert.Single(_sent).Requests);
        Assert.False(first.IsCompleted);
        Answer(0);
        Assert.Equal("1", await first);

        var second = batches.AskAsync(2);
        Assert.Equal([2], _sent[1].Requests);
        Answer(1);
        Assert.Equal("2", await second);
    }

    [Fact]
    public async Task What_came_meanwhile_leaves_together_and_everybody_gets_its_own_answer()
    {
        var batches = New(underWay: 2, together: 5);
        var asked = Enumerable.Range(0, 14).Select(batches.AskAsync).ToList();
        Assert.Equal([[0], [1]], _sent.Select(batch => batch.Requests));

        Answer(0);
        Answer(1);
        Assert.Equal([2, 3, 4, 5, 6], _sent[2].Requests);
        Assert.Equal([7, 8, 9, 10, 11], _sent[3].Requests);
        Answer(3);
        Assert.Equal([12, 13], _sent[4].Requests);
        Answer(4);
        Answer(2);

        Assert.Equal(Enumerable.Range(0, 14).Select(request => $"{request}"), await Task.WhenAll(asked));
        Assert.Equal(5, _sent.Count);
        _ = batches.AskAsync(99);
        _ = batches.AskAsync(100);
        Assert.Equal([[99], [100]], _sent.Skip(5).Select(batch => batch.Requests));
    }

    [Fact]
    public async Task A_failure_reaches_exactly_those_of_its_batch()
    {
        var batches = New(underWay: 1, together: 6);
        var asked = Enumerable.Range(0, 13).Select(batches.AskAsync).ToList();
        Answer(0);
        _sent[1].Answer.SetException(new IOException("torn"));
        Answer(2);

        Assert.Equal("0", await asked[0]);
        foreach (var failed in asked[1..7])
        {
            Assert.Equal("torn", (await Assert.ThrowsAsync<IOException>(() => failed)).Message);
        }

        Assert.Equal(Enumerable.Range(7, 6).Select(request => $"{request}"), await Task.WhenAll(asked[7..]));
    }

    [Fact]
    public async Task A_send_that_throws_at_once_is_a_failure_like_any_other()
    {
        var calls = 0;
        var batches = new RequestBatches<int, string>(new BatchLimits(1, 10), _ => ++calls == 1
            ? throw new NotConnectedException("nobody there")
            : Task.FromResult(new[] { "there" }));
        await Assert.ThrowsAsync<NotConnectedException>(() => batches.AskAsync(1));
        Assert.Equal("there", await batches.AskAsync(2));
    }

    /// <summary>As many as may wait, and each of them a failure of its own: nothing piles up on the stack.</summary>
    [Fact]
    public async Task Failures_that_come_at_once_for_all_that_wait_are_told_to_all()
    {
        const int Waiting = 20_000;
        var first = new TaskCompletionSource<string[]>();
        var calls = 0;
        var batches = new RequestBatches<int, string>(
            new BatchLimits(1, 1, Waiting), _ => ++calls == 1 ? first.Task : Task.FromException<string[]>(new IOException("gone")));
        var asked = Enumerable.Range(0, Waiting).Select(batches.AskAsync).ToList();
        first.SetException(new IOException("gone"));

        await Task.WhenAll(asked.Select(ask => Assert.ThrowsAsync<IOException>(() => ask)));
        Assert.Equal(Waiting, calls);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused_and_the_others_are_not()
    {
        var batches = New(underWay: 1, together: 100, waiting: 3);
        var asked = Enumerable.Range(0, 4).Select(batches.AskAsync).ToList();
        await Assert.ThrowsAsync<NotConnectedException>(() => batches.AskAsync(4));
        Answer(0);
        asked.Add(batches.AskAsync(5));
        Answer(1);
        Answer(2);
        Assert.Equal(["0", "1", "2", "3", "5"], await Task.WhenAll(asked));
    }

    /// <summary>Whoever is answered may ask again at once, on the thread that heard the answer.</summary>
    [Fact]
    public async Task Askers_in_closed_loops_are_all_answered()
    {
        var batches = new RequestBatches<int, string>(new BatchLimits(2, 16), async requests =>
        {
            await Task.Yield();
            return [.. requests.Select(request => $"{request}")];
        });
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async asker =>
        {
            for (var number = 0; number < 200; number++)
            {
                Assert.Equal($"{(asker * 1000) + number}", await batches.AskAsync((asker * 1000) + number));
            }
        }));
    }

    private RequestBatches<int, string> New(int underWay, int together = 100, int waiting = 1000) =>
        new(new BatchLimits(underWay, together, waiting), requests =>
        {
            _sent.Add((requests, new TaskCompletionSource<string[]>()));
            return _sent[^1].Answer.Task;
        });

    private void Answer(int batch) => _sent[batch].Answer.SetResult([.. _sent[batch].Requests.Select(request => $"{request}")]);
}
