using Lab.Coordination.Multicast;

namespace Lab.Tests.Unit.Coordination;

/// <summary>Members in hand: every message is taken one by one.</summary>
public class OrderedMulticastTests
{
    /// <summary>The costs that the documentation gives: of a batch by itself, and of batches that all members send all the time.</summary>
    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric, 3, 2, 6)]
    [InlineData(MulticastAlgorithm.Symmetric, 5, 0, 20)]
    [InlineData(MulticastAlgorithm.Sequencer, 3, 2, 7)]
    [InlineData(MulticastAlgorithm.Sequencer, 3, 0, 6)]
    [InlineData(MulticastAlgorithm.Sequencer, 5, 4, 13)]
    public void A_batch_costs_so_many_messages(MulticastAlgorithm algorithm, int members, int sender, int expected)
    {
        var group = new GroupInHand(members, new MulticastOptions { Algorithm = algorithm });
        group.Submit(sender, 50);
        var sent = group.RunTurns();
        Assert.Equal(expected, sent.Count);
        Assert.All(group.Members, member => Assert.Equal(50, member.Delivered.Count));
    }

    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric)]
    [InlineData(MulticastAlgorithm.Sequencer)]
    public void What_is_submitted_while_a_batch_is_under_way_leaves_together(MulticastAlgorithm algorithm)
    {
        var group = new GroupInHand(3, new MulticastOptions { Algorithm = algorithm, MaxBatchesUnderWay = 1 });
        for (var turn = 0; turn < 20; turn++)
        {
            group.Submit(1, 1);
        }

        var own = group.RunTurns().Where(sent => sent.From == 1 && sent.Message.Batch is not null).Select(sent => sent.Message.Batch!).Distinct().ToList();
        Assert.Equal([1, 19], own.Select(batch => batch.Runs.Sum(run => run.Count)));
        Assert.All(group.Members, member => Assert.Equal(20, member.Delivered.Count));
    }

    /// <summary>Who sends without end does not keep the others out of the order.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_sequencer_gives_all_their_turn(int eager)
    {
        var group = new GroupInHand(3, new MulticastOptions { Algorithm = MulticastAlgorithm.Sequencer, MaxBatchBytes = 1024 });
        group.Submit(eager, 1_000);
        group.Submit(2, 1);
        group.RunTurns();
        Assert.InRange(group.Members[0].Delivered.FindIndex(message => message.Sender == 2), 0, 400);
        Assert.Equal(1_001, group.Members[0].Delivered.Count);
    }

    [Fact]
    public void Too_many_or_too_long_messages_are_refused_and_nothing_else_happens()
    {
        var group = new GroupInHand(2, new MulticastOptions { MaxUndelivered = 3, MaxBatchBytes = 100 });
        var member = group.Members[0].Multicast;
        Assert.False(member.TrySubmit(new byte[100], out _));
        Assert.True(member.TrySubmit(new byte[95], out var first));
        Assert.True(member.TrySubmit(new byte[95], out _));
        Assert.True(member.TrySubmit([], out var third));
        Assert.False(member.TrySubmit([], out _));
        Assert.Equal((1, 3, 3), (first, third, member.Undelivered));
        member.EndTurn();
        group.RunTurns();
        Assert.Equal([95, 95, 0], group.Members[1].Delivered.Select(message => message.Length));
        Assert.Equal(0, member.Undelivered);
        Assert.True(member.TrySubmit([], out var fourth));
        Assert.Equal(4, fourth);
    }

    [Fact]
    public void So_are_too_many_bytes()
    {
        var group = new GroupInHand(2, new MulticastOptions { MaxUndeliveredBytes = 100 });
        Assert.True(group.Members[0].Multicast.TrySubmit(new byte[60], out _));
        Assert.False(group.Members[0].Multicast.TrySubmit(new byte[60], out _));
    }

    /// <summary>While one acknowledges nothing, nobody keeps more than is bounded of the others; and it goes on when that one is back.</summary>
    [Theory]
    [InlineData(MulticastAlgorithm.Symmetric, 2)]
    [InlineData(MulticastAlgorithm.Sequencer, 70)]
    public void Whoever_waits_for_a_silent_member_waits_with_bounds(MulticastAlgorithm algorithm, int mostBatches)
    {
        var group = new GroupInHand(3, new MulticastOptions { Algorithm = algorithm, MaxBatchBytes = 64, MaxUndelivered = 10_000 }) { Silent = 2 };
        List<GroupInHand.Sent> sent = [];
        for (var turn = 0; turn < 50; turn++)
        {
            group.Submit(0, 20);
            group.Submit(1, 20);
            sent.AddRange(group.RunTurns());
            group.Tick();
        }

        Assert.All(group.Members, member => Assert.Empty(member.Delivered));
        Assert.InRange(sent.Where(one => one.From == 1).Max(one => one.Message.Batch?.Number ?? 0), 1, mostBatches);
        group.Silent = null;
        for (var tick = 0; tick < 1_000 && group.Members[2].Delivered.Count < 2_000; tick++)
        {
            group.Tick();
            group.RunTurns();
        }

        Assert.All(group.Members, member => Assert.Equal(2_000, member.Delivered.Count));
        Assert.Equal(group.Members[0].Delivered, group.Members[2].Delivered);
    }

    [Fact]
    public void A_member_that_is_excluded_is_told_what_is_lost()
    {
        var group = new GroupInHand(3, new MulticastOptions()) { Silent = 2 };
        group.Submit(2, 5);
        group.RunTurns();
        group.Members[0].Multicast.Suspect(2);
        for (var tick = 0; tick < 20; tick++)
        {
            group.Tick();
            group.RunTurns();
        }

        Assert.Equal([0, 1], group.View.Members.Select(member => member.Id));
        group.Silent = null;
        group.Members[0].Multicast.Trust(2);
        for (var tick = 0; tick < 200 && (group.View.Members.Count < 3 || group.Members.Any(member => member.Multicast.State != MulticastState.Active)); tick++)
        {
            group.Tick();
            group.RunTurns();
        }

        Assert.Equal((1L, 5), group.Members[2].Lost);
        Assert.Equal(3, group.View.Members.Count);
        Assert.All(group.Members, member => Assert.Equal(MulticastState.Active, member.Multicast.State));
    }

    [Fact]
    public void Options_that_cannot_be_are_refused() => Assert.Throws<ArgumentException>(() => new OrderedMulticast(
        new GroupInHand(1, new MulticastOptions()).Members[0], [0], 1, new MulticastOptions { MaxBatchesUnderWay = 0 }));
}
