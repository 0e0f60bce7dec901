using System.Diagnostics;
using Lab.Harness.Measurement;
using Lab.Tests.Unit.Experiments;

namespace Lab.Tests.Unit.Measurement;

public class ProcessSamplerTests
{
    // pid (comm) state ppid ... utime stime (fields 14, 15) ... starttime (field 22): a name that tries to confuse.
    private static string Stat(string state, long userTicks, long systemTicks, long startTicks) =>
        $"42 (a) b (c) {state} 1 42 42 0 -1 4194304 500 0 0 0 {userTicks} {systemTicks} 7 8 20 0 5 0 {startTicks} 1000000 371 18446744073709551615 1\n";

    [Fact]
    public void Usage_is_the_difference_between_two_looks()
    {
        using var proc = new FakeProcess();
        var sampler = new ProcessSampler("server", 42, proc.Root);

        proc.Set(userTicks: 100, systemTicks: 50, peakKb: 2000);
        sampler.Begin();
        proc.Set(userTicks: 175, systemTicks: 100, peakKb: 3000);
        var alive = sampler.Sample();

        Assert.True(alive);
        Assert.Equal("server", sampler.Usage!.Name);
        Assert.Equal(1.25, sampler.Usage.CpuS, precision: 6);
        Assert.Equal(3000 * 1024, sampler.Usage.PeakRssBytes);
    }

    [Fact]
    public void The_peak_is_reset_at_the_beginning()
    {
        using var proc = new FakeProcess();
        proc.Set(userTicks: 0, systemTicks: 0, peakKb: 9);
        File.WriteAllText(proc.PathOf("clear_refs"), "");

        new ProcessSampler("server", 42, proc.Root).Begin();

        Assert.Equal("5", File.ReadAllText(proc.PathOf("clear_refs")));
    }

    [Fact]
    public void A_process_that_ends_keeps_what_it_used_so_far()
    {
        using var proc = new FakeProcess();
        var sampler = new ProcessSampler("server", 42, proc.Root);
        proc.Set(userTicks: 0, systemTicks: 0, peakKb: 100);
        sampler.Begin();
        proc.Set(userTicks: 300, systemTicks: 0, peakKb: 200);
        sampler.Sample();

        Directory.Delete(Path.GetDirectoryName(proc.PathOf("stat"))!, recursive: true);

        Assert.False(sampler.Sample());
        Assert.Equal((3.0, 200 * 1024L), (sampler.Usage!.CpuS, sampler.Usage.PeakRssBytes));
    }

    [Fact]
    public void A_process_that_has_ended_but_was_not_collected_is_gone()
    {
        using var proc = new FakeProcess();
        var sampler = new ProcessSampler("server", 42, proc.Root);
        proc.Set(userTicks: 0, systemTicks: 0, peakKb: 100);
        sampler.Begin();

        proc.Set(userTicks: 900, systemTicks: 0, peakKb: 100, state: "Z");

        Assert.False(sampler.Sample());
        Assert.Equal(0, sampler.Usage!.CpuS);
    }

    [Fact]
    public void Another_process_with_the_same_pid_is_not_mistaken_for_it()
    {
        using var proc = new FakeProcess();
        var sampler = new ProcessSampler("server", 42, proc.Root);
        proc.Set(userTicks: 100, systemTicks: 0, peakKb: 100);
        sampler.Begin();

        proc.Set(userTicks: 50_000, systemTicks: 0, peakKb: 999, startTicks: 8888);

        Assert.False(sampler.Sample());
        Assert.Equal((0.0, 100 * 1024L), (sampler.Usage!.CpuS, sampler.Usage.PeakRssBytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("42 (short) R 1 2 3")]
    public void What_cannot_be_read_is_nothing(string stat)
    {
        using var proc = new FakeProcess();
        proc.Set(userTicks: 0, systemTicks: 0, peakKb: 0);
        File.WriteAllText(proc.PathOf("stat"), stat);
        var sampler = new ProcessSampler("server", 42, proc.Root);

        sampler.Begin();

        Assert.Null(sampler.Usage);
    }

    [Fact]
    public void A_process_that_never_was_has_no_usage()
    {
        var sampler = new ProcessSampler("ghost", int.MaxValue);

        sampler.Begin();

        Assert.False(sampler.Sample());
        Assert.Null(sampler.Usage);
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/nonexistent/proc")]
    public void This_process_uses_the_time_it_spends(string procRoot)
    {
        var sampler = new ProcessSampler("me", Environment.ProcessId, procRoot);
        sampler.Begin();
        using var me = Process.GetCurrentProcess();
        var target = me.TotalProcessorTime + TimeSpan.FromMilliseconds(120);
        while (me.TotalProcessorTime < target)
        {
            me.Refresh();
        }

        Assert.True(sampler.Sample());
        Assert.InRange(sampler.Usage!.CpuS, 0.08, 60);
        Assert.True(sampler.Usage.PeakRssBytes > 1_000_000);
    }

    /// <summary>The files of /proc/42 that the sampler reads.</summary>
    private sealed class FakeProcess : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public string Root => _folder.Root;

        public string PathOf(string file) => Path.Combine(Root, "42", file);

        public void Set(long userTicks, long systemTicks, long peakKb, long startTicks = 7777, string state = "S")
        {
            _folder.Write("42/stat", Stat(state, userTicks, systemTicks, startTicks));
            _folder.Write("42/status", $"Name:\ta) b\nVmPeak:\t 999999 kB\nVmHWM:\t{peakKb,8} kB\nVmRSS:\t 1 kB\n");
        }

        public void Dispose() => _folder.Dispose();
    }
}

public class CpuTimesTests
{
    [Fact]
    public void Guest_time_is_not_counted_twice() =>
        Assert.Equal(
            new CpuTimes(TotalTicks: 36, StealTicks: 8), CpuTimes.Parse("cpu  1 2 3 4 5 6 7 8 100 200"));

    [Theory]
    [InlineData("")]
    [InlineData("cpu0 1 2 3 4 5 6 7 8")]
    [InlineData("cpu 1 2 3")]
    [InlineData("cpu 1 2 3 4 5 6 7 x")]
    [InlineData("intr 1 2 3 4 5 6 7 8 9")]
    public void Any_other_line_is_not_understood(string line) => Assert.Null(CpuTimes.Parse(line));

    [Fact]
    public void Steal_is_a_share_of_the_time_between_two_looks() =>
        Assert.Equal(0.25, new CpuTimes(1400, 110).StealShareSince(new CpuTimes(1000, 10)));

    [Fact]
    public void Nothing_was_stolen_in_no_time() => Assert.Equal(0, new CpuTimes(5, 5).StealShareSince(new CpuTimes(5, 5)));

    [Fact]
    public void A_machine_without_proc_says_nothing() => Assert.Null(CpuTimes.Read("/nonexistent/proc"));
}

public class NoiseProbeTests
{
    private static readonly NoiseSample Baseline = new(BestUs: 2000, MedianUs: 2100, StealShare: 0);

    [Theory]
    [InlineData(2000, 2100, 0)]
    [InlineData(2190, 2300, 0.049)]
    [InlineData(1500, 1600, 0)]
    [InlineData(2000, 2600, 0.05)]
    public void A_machine_as_free_as_at_the_start_is_quiet(double bestUs, double medianUs, double stealShare) =>
        Assert.Null(new NoiseSample(bestUs, medianUs, stealShare).Compare(Baseline));

    [Theory]
    [InlineData(2500, 2600, 0, "the processor ran slower than at the start (25 % more time for the same work)")]
    [InlineData(2000, 4200, 0, "something else used the processor (100 % more time for the same work)")]
    [InlineData(2000, 2100, 0.07, "the machine's host took 7 % of the processor time away")]
    [InlineData(2500, 2600, 0.5, "the processor ran slower than at the start (25 % more time for the same work); the machine's host took 50 % of the processor time away")]
    public void A_noisy_machine_says_why(double bestUs, double medianUs, double stealShare, string reason) =>
        Assert.Equal(reason, new NoiseSample(bestUs, medianUs, stealShare).Compare(Baseline));

    [Fact]
    public void A_measurement_takes_time_and_its_best_is_not_above_its_median()
    {
        var sample = new NoiseProbe().Measure();

        Assert.InRange(sample.BestUs, 100, sample.MedianUs);
        Assert.InRange(sample.StealShare, 0, 1);
    }
}

public class MachineEnvironmentTests
{
    private const string NoGit = "/nonexistent/git";

    [Fact]
    public async Task This_machine_is_described_without_a_gap()
    {
        var environment = await new MachineEnvironment(git: NoGit).ReadAsync(ExperimentSamples.Folder, TestContext.Current.CancellationToken);

        Assert.Equal(
            ["cpu", "cores", "memory", "os", "kernel", "container", "governor", "load_before", "steal_before", "dotnet", "commit"],
            environment.Keys);
        Assert.All(environment.Values, value => Assert.False(string.IsNullOrWhiteSpace(value)));
        Assert.All(environment.Values, value => Assert.DoesNotContain('\n', value));
        Assert.Contains("GiB", environment["memory"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_linux_machine_is_read_from_its_files()
    {
        using var root = new TemporaryFolder();
        root.Write("proc/cpuinfo", "processor\t: 0\nmodel name\t: A Chip: 3000\nprocessor\t: 1\nmodel name\t: A Chip: 3000\n");
        root.Write("proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
        root.Write("proc/sys/kernel/osrelease", "6.1.0-test\n");
        root.Write("proc/loadavg", "0.10 0.20 0.30 1/200 4242\n");
        root.Write("proc/stat", "cpu 1 1 1 94 1 1 0 1 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
        root.Write("proc/1/cgroup", "0::/kubepods/pod1\n");
        root.Write("etc/os-release", "ID=test\nPRETTY_NAME=\"Test Linux 1\"\n");
        root.Write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");

        var environment = await new MachineEnvironment(root.Root, NoGit).ReadAsync(root.Root, TestContext.Current.CancellationToken);

        Assert.Equal("A Chip: 3000", environment["cpu"]);
        Assert.StartsWith("8.0 GiB", environment["memory"], StringComparison.Ordinal);
        Assert.Equal("Test Linux 1", environment["os"]);
        Assert.Equal("6.1.0-test", environment["kernel"]);
        Assert.Equal("kubepods", environment["container"]);
        Assert.Equal("performance", environment["governor"]);
        Assert.Equal("0.10 0.20 0.30", environment["load_before"]);
        Assert.Equal("0.0 % now, 1.0 % since boot", environment["steal_before"]);
        Assert.Equal("unknown (git cannot be run)", environment["commit"]);
    }

    [Fact]
    public async Task A_machine_without_such_files_is_described_all_the_same()
    {
        var environment = await new MachineEnvironment("/nonexistent", NoGit).ReadAsync("/nonexistent", TestContext.Current.CancellationToken);

        Assert.Equal(("unknown", "unknown", "unknown"), (environment["governor"], environment["load_before"], environment["steal_before"]));
        Assert.All(environment.Values, value => Assert.False(string.IsNullOrWhiteSpace(value)));
    }

    [Theory]
    [InlineData(".dockerenv", "docker")]
    [InlineData("run/.containerenv", "podman")]
    [InlineData("other", "none seen")]
    public async Task A_container_is_known_by_its_marks(string mark, string expected)
    {
        using var root = new TemporaryFolder();
        root.Write(mark, "");

        var environment = await new MachineEnvironment(root.Root, NoGit).ReadAsync(root.Root, TestContext.Current.CancellationToken);

        Assert.Equal(expected, environment["container"]);
    }

    [Fact]
    public async Task Without_git_the_commit_is_unknown() =>
        Assert.Equal(
            "unknown (git cannot be run)",
            await GitCommit.ReadAsync(ExperimentSamples.Folder, TestContext.Current.CancellationToken, NoGit));

    [Theory]
    [InlineData(null, null, "unknown (not a git work tree)")]
    [InlineData("0123abc", null, "0123abc (changes unknown)")]
    [InlineData("0123abc", "", "0123abc")]
    [InlineData("0123abc", " M lab\n?? new", "0123abc (modified)")]
    public void A_commit_says_whether_files_differ_from_it(string? commit, string? changes, string expected) =>
        Assert.Equal(expected, GitCommit.Describe(commit, changes));
}
