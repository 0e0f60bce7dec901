using System.Net.Sockets;
using Lab.Harness.Load;

namespace Lab.Tests.Unit.Load;

/// <summary>Clients of the load connect again, with a pause and within bounds; everything that was to be done is counted.</summary>
public class ReconnectTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_loses_its_connection_connects_again_and_goes_on(bool blocks)
    {
        var client = new FragileClient(blocks) { ServerBackAfterTries = 3 };
        var outcome = await new ClosedLoop([client]).RunAsync(20, Token);

        // One operation for the loss itself, one for each time that nobody was there.
        Assert.Equal((17, 3), (outcome.Latency.Count, outcome.Errors.Values.Sum()));
        Assert.Equal(3, outcome.ErrorLatency!.Count);
        Assert.Equal(3, client.Tries);
        Assert.True(!blocks || client.Threads.Distinct().Count() == 1, "a client that blocks stays on its own thread");
    }

    [Fact]
    public async Task A_client_whom_nobody_answers_does_not_send_what_is_left()
    {
        var client = new FragileClient(blocks: false) { ServerBackAfterTries = int.MaxValue };
        var outcome = await new ClosedLoop([client], TimeSpan.FromMilliseconds(100)).RunAsync(1_000_000, Token);

        Assert.Equal(1_000_000, outcome.Latency.Count + outcome.Errors.Values.Sum());
        Assert.True(outcome.Errors[ErrorKinds.NotSent] > 999_000, "it pauses before it tries again");
        Assert.True(outcome.ErrorLatency!.Count < 1000, "what was not sent was not waited for");
    }

    /// <summary>Its server dies in the middle, and is there again when it was asked some times.</summary>
    private sealed class FragileClient(bool blocks) : LoadClient(0)
    {
        private int _operations;
        private bool _isConnected = true;

        public required int ServerBackAfterTries { get; init; }

        public int Tries { get; private set; }

        public List<int> Threads { get; } = [];

        public override bool Blocks => blocks;

        public override ValueTask ReadyAsync(CancellationToken cancellationToken)
        {
            Threads.Add(Environment.CurrentManagedThreadId);
            Tries++;
            _isConnected = Tries >= ServerBackAfterTries;
            return _isConnected ? ValueTask.CompletedTask : throw new SocketException((int)SocketError.ConnectionRefused);
        }

        public override ValueTask OperateAsync(CancellationToken cancellationToken)
        {
            Threads.Add(Environment.CurrentManagedThreadId);
            _isConnected &= ++_operations != 10;
            return _isConnected ? ValueTask.CompletedTask : throw new IOException("the connection ended");
        }
    }
}
