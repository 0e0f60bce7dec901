using Lab.Coordination.Histories;
using Lab.Coordination.Multicast;

namespace Lab.Tests.Unit.Coordination;

public class MulticastHistoryTests
{
    private static readonly GroupView First = View(1);

    private readonly MulticastHistory _history = new();

    public MulticastHistoryTests()
    {
        Assert.Null(_history.Install(0, 1, First, 0));
        Assert.Null(_history.Install(1, 1, First, 0));
        for (var number = 1; number <= 4; number++)
        {
            _history.Submit(100 + number, 0, 1, number);
        }
    }

    [Fact]
    public void What_may_happen_is_not_objected_to()
    {
        Assert.Null(_history.Deliver(0, 1, 1, 0, 1, 101));
        Assert.Null(_history.Deliver(0, 1, 2, 0, 2, 102));
        Assert.Null(_history.Deliver(1, 1, 1, 0, 1, 101));
        Assert.Null(_history.Deliver(1, 1, 2, 0, 2, 102));
        Assert.Null(_history.Install(1, 1, View(2), 2));

        // Excluded, with a message that was lost; it is back as one who knows no less than the others.
        _history.Exclude(0, 1, 3, 1);
        Assert.Null(_history.Install(0, 1, View(2), 2));
        Assert.Null(_history.Deliver(0, 1, 3, 0, 4, 104));
        Assert.Null(_history.Deliver(1, 1, 3, 0, 4, 104));
        Assert.Null(_history.Missing([(0, 1), (1, 1)]));
        Assert.Equal((3, 2, 1, 1), (_history.Delivered, _history.Views, _history.Eras, _history.Lost));
    }

    [Fact]
    public void Another_order_is_found_even_if_the_first_process_is_gone()
    {
        _history.Submit(201, 1, 1, 1);
        _history.Deliver(0, 1, 1, 0, 1, 101);
        Assert.Equal("node 1 delivered message 201 at place 1, where another one has delivered message 101", _history.Deliver(1, 1, 1, 1, 1, 201));
    }

    [Fact]
    public void A_gap_is_found() =>
        Assert.Equal("node 0 delivered place 2 after place 0", _history.Deliver(0, 1, 2, 0, 1, 101));

    [Fact]
    public void What_nobody_submitted_is_found()
    {
        Assert.NotNull(_history.Deliver(0, 1, 1, 0, 1, 999));
        Assert.NotNull(_history.Deliver(0, 1, 2, 1, 1, 101));
        Assert.NotNull(_history.Deliver(0, 1, 3, 0, 2, 101));
    }

    [Fact]
    public void What_is_delivered_twice_is_found()
    {
        _history.Deliver(0, 1, 1, 0, 1, 101);
        Assert.Equal("message 101 is delivered twice, now at place 2", _history.Deliver(0, 1, 2, 0, 1, 101));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 3)]
    public void Messages_of_a_sender_in_another_order_or_missing_are_found(int first, int second)
    {
        var wrong = _history.Deliver(0, 1, 1, 0, first, 100 + first);
        Assert.Equal(second == 0, wrong is not null);
        Assert.True(second == 0 || _history.Deliver(0, 1, 2, 0, second, 100 + second) is not null);
    }

    [Fact]
    public void Members_that_have_not_delivered_the_same_before_a_view_are_found()
    {
        _history.Deliver(0, 1, 1, 0, 1, 101);
        Assert.Null(_history.Install(0, 1, View(2), 1));
        Assert.Contains("after place 0", _history.Install(1, 1, View(2), 0), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_views_with_one_number_are_found() =>
        Assert.NotNull(_history.Install(1, 1, First with { Members = [new GroupMember(1, 1)] }, 0));

    [Fact]
    public void Who_is_no_member_installs_nothing() => Assert.NotNull(_history.Install(7, 1, First, 0));

    [Fact]
    public void What_is_missing_at_the_end_is_found()
    {
        _history.Deliver(0, 1, 1, 0, 1, 101);
        Assert.Contains("node 1 is at place 0", _history.Missing([(0, 1), (1, 1)]), StringComparison.Ordinal);
        _history.Deliver(1, 1, 1, 0, 1, 101);
        Assert.Equal("message 102, number 2 of node 0, was never delivered", _history.Missing([(0, 1), (1, 1)]));
        Assert.Null(_history.Missing([(1, 1)]));
    }

    private static GroupView View(long number) => new(number, 1, [new GroupMember(0, 1), new GroupMember(1, 1)], []);
}
