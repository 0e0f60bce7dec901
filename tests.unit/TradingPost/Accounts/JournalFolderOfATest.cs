using Lab.TradingPost.Accounts;
using Lab.TradingPost.Market;

namespace Lab.Tests.Unit.TradingPost.Accounts;

/// <summary>A folder for one test's journal; in memory where that can be had, since no test here cuts the power.</summary>
public sealed class JournalFolderOfATest : IDisposable
{
    private const string Memory = "/dev/shm";

    public string Path { get; } = Directory.CreateDirectory(System.IO.Path.Combine(
        Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath(), "lab-journal-" + Guid.NewGuid().ToString("N")[..12])).FullName;

    public AccountsSettings Settings => new() { Kind = AccountsKind.File, Folder = Path };

    public string Journal(long term) => System.IO.Path.Combine(Path, $"term-{term:D10}.journal");

    public string Snapshot(long term) => System.IO.Path.Combine(Path, $"term-{term:D10}.snapshot");

    public string Confirmed(long term) => System.IO.Path.Combine(Path, $"term-{term:D10}.confirmed");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
