using Lab.Tests.Unit.Experiments;
using Lab.Tests.Unit.ServiceDefaults;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Running;

namespace Lab.Tests.Unit.TradingPost.Running;

/// <summary>What a peer tells while nobody listens.</summary>
public sealed class PeerOutputTests : IDisposable
{
    /// <summary>Lines that may wait.</summary>
    private const int Room = 100_000;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Events_that_find_no_room_are_counted_and_the_log_says_how_many_they_were()
    {
        var (log, pipe) = (new CapturedLog(), new StuckPipe());
        using (var output = new PeerOutput(pipe, Path.Combine(_folder.Root, "ledger"), _ => { }, log))
        {
            output.Ready();
            pipe.Entered.Wait(TestContext.Current.CancellationToken);
            for (var number = 0; number < Room + 7; number++)
            {
                output.Report(number, new PeerEvent(PeerEventKind.FirstSale, Term: 1));
            }

            for (var number = 0; number < 3; number++)
            {
                output.Note(new Bought(new RequestId(1, 1, number), Good.Salt, 1, 0, 1, 1));
            }

            Assert.Contains(log.Messages, message => message.Contains("what comes now is lost", StringComparison.Ordinal));
            pipe.Released.Set();
        }

        Assert.Equal(1 + Room, pipe.Lines);
        Assert.Single(log.Messages, message => message.Contains("7 events and 3 lines of the own ledger were lost", StringComparison.Ordinal));
    }

    [Fact]
    public void Whoever_is_listened_to_loses_nothing_and_says_nothing()
    {
        var (log, pipe) = (new CapturedLog(), new StuckPipe());
        pipe.Released.Set();
        using (var output = new PeerOutput(pipe, Path.Combine(_folder.Root, "ledger"), _ => { }, log))
        {
            output.Ready();
            output.Report(1, new PeerEvent(PeerEventKind.FirstSale, Term: 1));
        }

        Assert.Equal(2, pipe.Lines);
        Assert.Empty(log.Messages);
    }

    /// <summary>Takes nothing until it is released.</summary>
    private sealed class StuckPipe : MemoryStream
    {
        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Released { get; } = new();

        public int Lines { get; private set; }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Entered.Set();
            Released.Wait();
            Lines++;
        }
    }
}
