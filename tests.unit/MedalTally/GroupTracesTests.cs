using Lab.Harness.Systems.MedalTally;
using Lab.MedalTally.Group;

namespace Lab.Tests.Unit.MedalTally;

public class GroupTracesTests
{
    private const double Unlimited = double.PositiveInfinity;

    [Fact]
    public void What_was_sent_and_what_was_received_become_messages()
    {
        var trace = GroupTraces.Join(
            [
                [new GroupEvent(1_000, GroupEventKind.Sent, 1, "poll 1.0"), new GroupEvent(1_900, GroupEventKind.Received, 1, "reading 1.0"), new GroupEvent(2_000, GroupEventKind.Stepped, 0, "-1 s")],
                [new GroupEvent(1_300, GroupEventKind.Received, 0, "poll 1.0"), new GroupEvent(1_310, GroupEventKind.Sent, 0, "reading 1.0")],
            ],
            Unlimited,
            Unlimited);

        Assert.Equal(["database server", "front-end 1"], trace.Processes);
        Assert.Equal([("poll 1.0", 0, 1, 0.0, 300.0), ("reading 1.0", 1, 0, 310.0, 900.0)], trace.Messages.Select(message => (message.Name, message.From, message.To, message.SentUs, message.ReceivedUs)));
        Assert.Equal([("-1 s", 0, 1_000.0)], trace.Events.Select(happened => (happened.Name, happened.Process, happened.AtUs)));
    }

    [Fact]
    public void The_same_said_twice_arrives_in_the_order_in_which_it_was_said()
    {
        var trace = GroupTraces.Join(
            [
                [new GroupEvent(0, GroupEventKind.Sent, 1, "has 1 1"), new GroupEvent(10, GroupEventKind.Sent, 1, "has 1 1"), new GroupEvent(20, GroupEventKind.Sent, 1, "has 1 1")],
                [new GroupEvent(15, GroupEventKind.Received, 0, "has 1 1"), new GroupEvent(25, GroupEventKind.Received, 0, "has 1 1")],
            ],
            Unlimited,
            Unlimited);

        // The third is still under way.
        Assert.Equal([(0.0, 15.0), (10.0, 25.0)], trace.Messages.Select(message => (message.SentUs, message.ReceivedUs)));
    }

    [Fact]
    public void Of_what_is_ordered_a_stretch_around_the_first_delivery_is_left()
    {
        var trace = GroupTraces.Join(
            [
                [
                    new GroupEvent(0, GroupEventKind.Sent, 1, "long before"),
                    new GroupEvent(900, GroupEventKind.Sent, 1, "batch 1"),
                    new GroupEvent(1_000, GroupEventKind.Delivered, 0, "1"),
                    new GroupEvent(5_000, GroupEventKind.Delivered, 0, "2"),
                ],
                [new GroupEvent(10, GroupEventKind.Received, 0, "long before"), new GroupEvent(950, GroupEventKind.Received, 0, "batch 1")],
            ],
            beforeDeliveryUs: 200,
            longestUs: 1_000);

        Assert.Equal(["batch 1"], trace.Messages.Select(message => message.Name));
        Assert.Equal(["1"], trace.Events.Select(happened => happened.Name));
    }

    [Fact]
    public void Nothing_noted_is_no_message() => Assert.Empty(GroupTraces.Join([[], []], Unlimited, Unlimited).Messages);
}
