using Lab.Harness.Measurement;

namespace Lab.Tests.Unit.Measurement;

public class ProcessMemoryTests
{
    [Fact]
    public void This_process_has_memory_and_threads()
    {
        var memory = ProcessMemory.Read(Environment.ProcessId)!;
        Assert.True(memory.RssBytes > 1 << 20 && memory.Threads > 1);
    }

    [Fact]
    public void A_process_that_is_not_there_has_none() => Assert.Null(ProcessMemory.Read(int.MaxValue));

    [Fact]
    public void Several_are_added_only_when_all_could_be_read()
    {
        var one = new ProcessMemory(100, 2);
        Assert.Equal(new ProcessMemory(200, 4), ProcessMemory.Sum([one, one]));
        Assert.Null(ProcessMemory.Sum([one, null]));
    }
}
