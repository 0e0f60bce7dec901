using System.Globalization;
using System.Text.Json;
using Lab.Journal;
using Lab.Tests.Integration.TradingPost.Accounts;
using Lab.Tests.Unit.Journal;

namespace Lab.Tests.Integration.Journal;

/// <summary>
/// A process that opens a journal and appends to it by many callers at once, as fast as it can, and prints what they were told.
/// Ends when it is fenced or fails.
/// </summary>
internal static class JournalAppender
{
    public const string Command = "journal-appender";

    /// <param name="Folder">Of the journal.</param>
    /// <param name="Callers">At once.</param>
    /// <param name="SegmentBytes">How much a segment holds.</param>
    public sealed record Order(string Folder, int Callers, long SegmentBytes)
    {
        public JournalOptions<Sums, Added> ToOptions() => JournalOfATest.OptionsOf(Folder) with { SegmentBytes = SegmentBytes, SnapshotEvery = 50, KeepsHistory = false };
    }

    public static async Task<int> RunAsync()
    {
        var order = JsonSerializer.Deserialize<Order>(Environment.GetEnvironmentVariable(AccountsWriter.OrderSetting)!)!;
        try
        {
            await using var writer = await JournalWriter.OpenAsync(
                order.ToOptions(),
                (state, segment, records) =>
                {
                    foreach (var record in records)
                    {
                        state.Apply(record, segment);
                    }
                },
                CancellationToken.None);
            Print("claimed", $"{writer.State.Records}");
            await Task.WhenAll(Enumerable.Range(0, order.Callers).Select(caller => AppendAsync(writer, $"caller {caller}")));
        }
        catch (FencedException exception)
        {
            Print("fenced", exception.Message);
        }
        catch (IOException exception)
        {
            Print("failed", exception.Message);
        }

        return 0;
    }

    private static async Task AppendAsync(JournalWriter<Sums, Added> writer, string caller)
    {
        const int Most = 1_000_000;
        for (var number = 0; number < Most; number++)
        {
            await writer.AppendAsync(new Added(caller, 1));
            Print("durable", caller);
        }
    }

    private static void Print(string word, string content) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{word} {content}{AccountsWriter.EndOfLine}"));
}
