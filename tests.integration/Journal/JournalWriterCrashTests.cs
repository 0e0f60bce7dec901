using System.Text.Json;
using Lab.Tests.Integration.TradingPost.Accounts;
using Lab.Tests.Unit.Journal;

namespace Lab.Tests.Integration.Journal;

/// <summary>Processes that append by many callers at once and are killed, stopped and out of space: what one was told is there.</summary>
public sealed class JournalWriterCrashTests : IDisposable
{
    private const int Callers = 10;

    private readonly JournalOfATest _journal = new(Directory.CreateTempSubdirectory("lab-journal-").FullName);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Of some ten lines: the next one is taken all the time.</summary>
    private JournalAppender.Order Order => new(_journal.Path, Callers, SegmentBytes: 4000);

    public void Dispose() => _journal.Dispose();

    [Fact]
    public async Task A_killed_writer_loses_nothing_whichever_segment_it_was_beginning()
    {
        const int Rounds = 20;
        var durable = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var round = 0; round < Rounds; round++)
        {
            using var writer = Start();
            await writer.WaitUntilClaimedAsync();
            await Task.Delay(Random.Shared.Next(60), Token);
            await writer.KillAsync();
            Count(writer, durable);
            Check(durable, mostUntold: (round + 1) * Callers);
        }

        Assert.NotEmpty(durable);
        Assert.InRange(_journal.Options.Folder.HighestSegment(), (2 * Rounds) + 1, long.MaxValue);
    }

    [Fact]
    public async Task A_stopped_writer_is_fenced_when_it_wakes_and_what_it_was_told_before_is_there()
    {
        const int Rounds = 5;
        var durable = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var round = 0; round < Rounds; round++)
        {
            using var writer = Start();
            await writer.WaitUntilClaimedAsync();
            await Task.Delay(Random.Shared.Next(40), Token);
            writer.Stop();
            var before = Open().Records;
            writer.Continue();
            await writer.WaitForExitAsync();
            Assert.Single(writer.All("fenced"));
            Count(writer, durable);
            Assert.Equal(before, Open().Records);
            Check(durable, mostUntold: (round + 1) * Callers);
        }
    }

    [Fact]
    public async Task A_full_disk_ends_the_writer_and_loses_nothing()
    {
        // What it left is copied out of its own mount, which ends with it.
        var copy = _journal.Path + "-copy";
        Directory.CreateDirectory(copy);
        try
        {
            IReadOnlyList<string> inside = ["unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m lab \"$0\" || exit 1; \"$@\"; cp \"$0\"/* \"$0-copy\" 2>/dev/null; exit 0", _journal.Path];
            await AccountsWriterProcess.SkipUnlessMayMountAsync(inside);
            using var writer = AccountsWriterProcess.Start(JournalAppender.Command, JsonSerializer.Serialize(Order with { SegmentBytes = 64 << 20 }), inside);
            await writer.WaitForExitAsync();
            Assert.Contains("No space left", Assert.Single(writer.All("failed")), StringComparison.Ordinal);
            var durable = new Dictionary<string, int>(StringComparer.Ordinal);
            Count(writer, durable);
            Assert.NotEmpty(durable);
            using var left = new JournalOfATest(copy);
            var sums = left.Open().ByName;
            Assert.All(durable, told => Assert.InRange(sums[told.Key], told.Value, told.Value + 1));
        }
        finally
        {
            if (Directory.Exists(copy))
            {
                Directory.Delete(copy, recursive: true);
            }
        }
    }

    private AccountsWriterProcess Start() => AccountsWriterProcess.Start(JournalAppender.Command, JsonSerializer.Serialize(Order));

    private Sums Open()
    {
        using var segment = new Lab.Journal.SegmentWriter<Sums, Added>(Order.ToOptions());
        return segment.Begin(1, Token);
    }

    private static void Count(AccountsWriterProcess writer, Dictionary<string, int> durable)
    {
        foreach (var caller in writer.All("durable"))
        {
            durable[caller] = durable.GetValueOrDefault(caller) + 1;
        }
    }

    /// <summary>Each caller has one append under way, which may be there without its having been told.</summary>
    private void Check(Dictionary<string, int> durable, int mostUntold)
    {
        var state = Open();
        Assert.All(durable, told => Assert.InRange(state.ByName[told.Key], told.Value, told.Value + (mostUntold / Callers)));
        Assert.Equal(state.Records, state.ByName.Values.Sum());
    }
}
