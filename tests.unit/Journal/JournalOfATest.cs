using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Journal;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Unit.Journal;

/// <summary>A folder for one test's journal; in memory where that can be had, since no test here cuts the power.</summary>
internal sealed class JournalOfATest : IDisposable
{
    private const string Memory = "/dev/shm";

    public JournalOfATest(string? path = null)
    {
        Path = path ?? Directory.CreateDirectory(System.IO.Path.Combine(
            Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath(), "lab-journal-" + Guid.NewGuid().ToString("N")[..12])).FullName;
        Options = OptionsOf(Path);
    }

    public string Path { get; }

    public JournalOptions<Sums, Added> Options { get; }

    public static JournalOptions<Sums, Added> OptionsOf(string path) => new()
    {
        Folder = new JournalFolder(path, "segment-", "put a copy back"),
        Records = SumsJson.Default.IReadOnlyListAdded,
        KeepsHistory = true,
        Logger = NullLogger.Instance,
    };

    public string Journal(long segment) => Options.Folder.Journal(segment);

    public string Snapshot(long segment) => Options.Folder.Snapshot(segment);

    public string Confirmed(long segment) => Options.Folder.Confirmed(segment);

    /// <summary>As if the segment had been acknowledged up to there, in bytes, and no further.</summary>
    public void Confirm(long segment, long end)
    {
        using var line = new MemoryStream();
        JournalLine.Write(line, new SegmentEnd(end), JournalJson.Default.SegmentEnd);
        File.WriteAllBytes(Confirmed(segment), line.ToArray());
    }

    /// <summary>Takes the next segment and begins it.</summary>
    public Sums Open()
    {
        using var segment = new SegmentWriter<Sums, Added>(Options);
        return segment.Begin(1, TestContext.Current.CancellationToken);
    }

    /// <summary>Takes the next segment, and appends lines to it.</summary>
    /// <returns>Where its lines end, in bytes; the first is that of its start.</returns>
    public IReadOnlyList<int> Write(int appends, int recordsEach)
    {
        using var segment = new SegmentWriter<Sums, Added>(Options);
        var state = segment.Begin(0, TestContext.Current.CancellationToken);
        for (var append = 0; append < appends; append++)
        {
            List<Added> records = [.. Enumerable.Range(0, recordsEach).Select(number => new Added($"name {number}", append + 1))];
            records.ForEach(segment.Apply);
            segment.Write(records);
        }

        var bytes = File.ReadAllBytes(Journal(segment.Segment));
        return [.. Enumerable.Range(0, bytes.Length).Where(at => bytes[at] == '\n').Select(at => at + 1)];
    }

    public byte[] Damage(long segment, long at)
    {
        var bytes = File.ReadAllBytes(Journal(segment));
        bytes[at] ^= 1;
        File.WriteAllBytes(Journal(segment), bytes);
        return bytes;
    }

    /// <summary>How many records the history has.</summary>
    public int CountHistory() => JournalHistory.Read(Options).Count(entry => !entry.IsStart);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A record of the tests: something was added to a sum.</summary>
public sealed record Added(string Name, int Amount);

/// <summary>What the tests' records make: sums by name. Refuses what adds nothing.</summary>
public sealed class Sums : IJournalState<Sums, Added>
{
    public long Records { get; set; }

    public SortedDictionary<string, long> ByName { get; set; } = new(StringComparer.Ordinal);

    public void Apply(Added record, long segment)
    {
        if (record.Amount <= 0)
        {
            throw new InvalidOperationException($"{record} adds nothing");
        }

        ByName[record.Name] = ByName.GetValueOrDefault(record.Name) + record.Amount;
        Records++;
    }

    public byte[] ToSnapshot() => JsonSerializer.SerializeToUtf8Bytes(this, SumsJson.Default.Sums);

    public static Sums FromSnapshot(ReadOnlySpan<byte> snapshot)
    {
        try
        {
            return JsonSerializer.Deserialize(snapshot, SumsJson.Default.Sums) ?? throw new FormatException("it is null");
        }
        catch (JsonException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<Added>))]
[JsonSerializable(typeof(Sums))]
internal sealed partial class SumsJson : JsonSerializerContext;
