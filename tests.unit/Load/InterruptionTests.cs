using Lab.Harness.Archive;
using Lab.Harness.Experiments;
using Lab.Harness.Load;
using Lab.Harness.Running;
using Lab.Harness.Systems;
using Lab.Harness.Verdicts;

namespace Lab.Tests.Unit.Load;

/// <summary>Only who asked for a run can interrupt it; a time-out somewhere below is a failure like any other.</summary>
public class InterruptionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Time_outs_are_counted_and_the_loop_goes_on()
    {
        var outcome = await new ClosedLoop([new SlowClient(timeOuts: 2)]).RunAsync(5, Token);
        Assert.Equal(3, outcome.Latency.Count);
        Assert.Equal([KeyValuePair.Create(ErrorKinds.Timeout, 2L)], outcome.Errors);
    }

    [Fact]
    public async Task Whoever_cancels_ends_the_loop()
    {
        using var interruption = new CancellationTokenSource();
        var client = new SlowClient(timeOuts: 0) { Operated = interruption.Cancel };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new ClosedLoop([client]).RunAsync(1000, interruption.Token));
    }

    [Theory]
    [InlineData("populate", "clients and data could not be set up")]
    [InlineData("apply", "1 of 1 iterations failed: iteration 1: ")]
    [InlineData("verify", "the invariants could not be checked")]
    public async Task A_time_out_fails_its_cell_and_not_the_run(string step, string reason)
    {
        var runner = new ExperimentRunner([new SlowScenario(step)], () => new Dictionary<string, int>(), _ => { });
        await runner.RunAsync(new Plan("test", [SlowScenario.Cell]), Token);
        var cell = Assert.Single(runner.Results);
        Assert.Equal(Verdict.Unknown, cell.Verdict);
        Assert.StartsWith(reason, cell.VerdictReason, StringComparison.Ordinal);
    }

    /// <summary>As code below gives up that has a clock of its own and no word for it.</summary>
    private static async Task TimeOutAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await patience.CancelAsync();
        await Task.Delay(Timeout.Infinite, patience.Token);
    }

    private sealed class SlowClient(int timeOuts) : LoadClient(index: 0)
    {
        private int _left = timeOuts;

        public Action? Operated { get; init; }

        public override async ValueTask OperateAsync(CancellationToken cancellationToken)
        {
            if (_left-- > 0)
            {
                await TimeOutAsync(cancellationToken);
            }

            Operated?.Invoke();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Something in one of its steps takes too long.</summary>
    private sealed class SlowScenario(string slow) : IScenario, IPopulation
    {
        public static Cell Cell { get; } = new()
        {
            Experiment = "test",
            Group = "group",
            System = "slow",
            Operation = "operate",
            Factors = new Dictionary<string, object>(),
            Iterations = 1,
            OperationsPerClient = 1,
            Published = null,
        };

        public string System => "slow";

        public int Concurrency(Cell cell) => 1;

        public string PopulationKey(Cell cell) => "";

        public async Task<IPopulation> PopulateAsync(Cell cell, CancellationToken cancellationToken)
        {
            await StepAsync("populate", cancellationToken);
            return this;
        }

        public Task ApplyAsync(Cell cell, CancellationToken cancellationToken) => StepAsync("apply", cancellationToken);

        public ILoad Load(Cell cell) => new ClosedLoop([new SlowClient(timeOuts: 0)]);

        public async Task<IReadOnlyDictionary<Cell, VerdictResult>> VerifyAsync(IReadOnlyList<Cell> cells, CancellationToken cancellationToken)
        {
            await StepAsync("verify", cancellationToken);
            return cells.ToDictionary(cell => cell, _ => VerdictResult.Kept("in time"));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private Task StepAsync(string step, CancellationToken cancellationToken) =>
            step == slow ? TimeOutAsync(cancellationToken) : Task.CompletedTask;
    }
}
