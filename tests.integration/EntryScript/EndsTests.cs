using System.Globalization;
using Lab.Processes;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.EntryScript;

/// <summary>How <c>./lab</c> ends when it is interrupted, and where it cannot work.</summary>
public sealed class EndsTests : IDisposable
{
    private const int CannotStart = 3;
    private const int Interrupted = 130;

    private readonly ScriptFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_signal_during_the_build_ends_it_with_all_that_it_has_started(string signal)
    {
        // A build that would take minutes, with a helper, as the real one has; both are deaf to SIGINT, as background jobs are.
        var pids = Path.Combine(_folder.Root, "pids");
        _folder.BuildIs($"trap '' INT\nsleep 300 &\necho $$ $! >'{pids}.new'; mv '{pids}.new' '{pids}'\nwait");
        using var list = _folder.List();
        await Eventually.TrueAsync(() => File.Exists(pids), "it did not build");
        var processes = (await File.ReadAllTextAsync(pids, TestContext.Current.CancellationToken)).Split(' ')
            .Select(pid => ProcessIdentity.Of("a part of the build", int.Parse(pid, CultureInfo.InvariantCulture))!).ToList();
        Assert.All(processes, process => Assert.True(process.IsAlive));
        list.Signal(signal);
        Assert.Equal(Interrupted, await list.WaitForExitAsync());
        await Eventually.TrueAsync(() => processes.TrueForAll(process => !process.IsAlive), "a part of the build is still running");
        Assert.DoesNotContain("failed", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shell_without_room_for_dotnet_is_told_so_in_one_line()
    {
        _folder.BuildIs("exit 0");
        using var list = _folder.List("/bin/sh", "-c", "ulimit -v 1048576; exec \"$0\" \"$@\"");
        Assert.Equal(CannotStart, await list.WaitForExitAsync());
        Assert.Contains("limits address space to 1024 MiB", Line(list), StringComparison.Ordinal);
        Assert.Contains("ulimit -v unlimited", Line(list), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_is_named_in_one_line()
    {
        _folder.BuildIs("exit 0");
        const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_folder.Root, All);
        File.SetUnixFileMode(_folder.Script, All);
        try
        {
            // Root may write anywhere.
            string[] somebody = Environment.UserName == "root" ? [Programs.Find("setpriv")!, "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
            using var list = _folder.List(somebody);
            Assert.Equal(CannotStart, await list.WaitForExitAsync());
            Assert.Contains($"cannot write to {_folder.Root}", Line(list), StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(_folder.Root, All | UnixFileMode.UserWrite);
        }
    }

    /// <summary>All that it said.</summary>
    private static string Line(LabProgram program) => Assert.Single(program.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
}
