using Lab.Journal;
using Lab.MedalTally.Stores;
using Lab.MedalTally.Tables;
using Lab.Tests.Unit.TradingPost.Accounts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.MedalTally;

public sealed class JournalStoreTests : IDisposable
{
    private readonly JournalFolderOfATest _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Writes_of_many_are_all_there_their_updates_follow_each_other_and_it_can_be_opened_again()
    {
        long version;
        await using (var store = await OpenAsync(_ => { }))
        {
            var written = await Task.WhenAll(Enumerable.Range(0, 500).Select(number => store.WriteAsync(TallyWrite.Increment(number % 4, (Medal)(number % 3))).AsTask()));
            Assert.Equal(500, written.Length);
            Assert.Equal(Enumerable.Range(1, 500), store.Updates.Read(0, 1000)!.Select(update => (int)update.Version));
            version = (await store.ReadBoardAsync(Token)).Version;
        }

        await using var again = await OpenAsync(_ => { });
        var board = await again.ReadBoardAsync(Token);
        Assert.Equal((500, 500), (version, board.Version));
        Assert.Equal(500, board.Rows.Sum(row => row.First + row.Second + row.Third));
        Assert.Equal((500, 500), (again.Updates.First, again.Updates.Last));
    }

    /// <summary>The one who fences may have read the line, and then it counts (docs/journal.md): so it is not said that it does not.</summary>
    [Fact]
    public async Task Nobody_is_told_that_a_write_was_not_done_which_the_next_process_may_have_read()
    {
        var failed = new TaskCompletionSource<Exception>();
        await using var fenced = await OpenAsync(failed.SetResult);
        await fenced.WriteAsync(TallyWrite.Increment(0, Medal.Gold));
        await using var next = await OpenAsync(_ => { });

        var refusal = await Assert.ThrowsAsync<StoreException>(async () => await fenced.WriteAsync(TallyWrite.Increment(0, Medal.Gold)));
        Assert.True(refusal.IsOutcomeUnknown);
        Assert.IsType<FencedException>(await failed.Task);
        Assert.Equal(1, (await next.ReadAsync(RowKind.Team, 0)).First);
    }

    private async Task<JournalStore> OpenAsync(Action<Exception> failed) => await JournalStore.OpenAsync(_folder.Path, NullLogger.Instance, failed, Token);
}
