using System.Globalization;
using Lab.Transport.Native;

namespace Lab.Harness.Measurement;

/// <summary>How many connections one process may open, and over how many processes they are spread.</summary>
/// <param name="PerProcess">At most so many in one.</param>
public sealed record ConnectionBudget(int PerProcess)
{
    /// <summary>More processes than this are not started.</summary>
    public const int MaxProcesses = 64;

    /// <summary>
    /// Descriptors for everything but the connections. An echo server has 200 before the first one comes (most are its
    /// assemblies), and a runtime that gets none when it needs one ends the process.
    /// </summary>
    private const int Reserve = 300;
    private const int Step = 100;

    /// <summary>Descriptors that this process may come to need while its connections are open.</summary>
    private const int Headroom = 32;

    /// <summary>
    /// What a connection takes of the machine's memory when load and server share it: mostly the kernel's, for two ends. On a
    /// machine that allows a million descriptors, memory is the limit.
    /// </summary>
    private const long MemoryBytesPerConnection = 64 * 1024;

    /// <summary>Raises the limit of this process as far as it may.</summary>
    public static ConnectionBudget OfThisProcess() => Of(DescriptorLimit.Raise(), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>What this process got, and what that is enough for.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{DescriptorLimit.Read()}, enough for {PerProcess:N0} connections of one load process");

    /// <summary>The limit minus a reserve, rounded down to hundreds: of 20,000 it is 19,700.</summary>
    /// <param name="limit">Descriptors of this process.</param>
    /// <param name="memoryBytes">Of the machine.</param>
    public static ConnectionBudget Of(DescriptorLimit limit, long memoryBytes)
    {
        var most = Math.Min(limit.Current - Reserve, memoryBytes / MemoryBytesPerConnection);
        return new ConnectionBudget((int)Math.Max(1, most < Step ? most : most / Step * Step));
    }

    /// <summary>
    /// Whether this process has room for connections beside what it has open already: one that also holds those of other
    /// clients may have used up its reserve.
    /// </summary>
    public static bool FitsHere(int connections) => connections + OpenDescriptors() + Headroom <= DescriptorLimit.Raise().Current;

    /// <summary>Equal parts, as few as possible, none above the budget.</summary>
    /// <exception cref="InvalidOperationException">It would take more than <see cref="MaxProcesses"/>.</exception>
    public IReadOnlyList<int> Spread(int connections)
    {
        var processes = Math.Max(1, (connections + PerProcess - 1) / PerProcess);
        if (processes > MaxProcesses)
        {
            throw new InvalidOperationException(
                $"{connections} connections are too many: {MaxProcesses} load processes of {PerProcess} may be started (ulimit -n raises it)");
        }

        return Parts(connections, processes);
    }

    /// <summary>Splits into parts that differ by one at most.</summary>
    internal static IReadOnlyList<int> Parts(int total, int parts) =>
        [.. Enumerable.Range(0, parts).Select(part => (total / parts) + (part < total % parts ? 1 : 0))];

    private static int OpenDescriptors() => Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
}
