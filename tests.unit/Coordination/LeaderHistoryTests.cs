using Lab.Coordination.Histories;

namespace Lab.Tests.Unit.Coordination;

public class LeaderHistoryTests
{
    private readonly LeaderHistory _history = new();

    [Fact]
    public void What_may_happen_is_not_objected_to()
    {
        Assert.Null(_history.Observe(1, 0, null));
        Assert.Null(_history.Observe(1, 1, 3));
        Assert.Null(_history.Observe(2, 1, 3));
        Assert.Null(_history.Observe(1, 1, null));
        Assert.Null(_history.Observe(1, 4, 2));
        Assert.Null(_history.Act(1, 3));
        Assert.Null(_history.Act(4, 2));
        Assert.Null(_history.Observe(3, 1, 3));
        _history.Forget(1);
        Assert.Null(_history.Observe(1, 1, 3));
        Assert.Equal(2, _history.Terms);
    }

    [Fact]
    public void Two_leaders_of_one_term_are_found_whoever_says_so()
    {
        _history.Observe(1, 5, 3);
        Assert.Equal("term 5 has two leaders: 3, says node 1, and 2, says node 2", _history.Observe(2, 5, 2));
        Assert.Equal("term 5 has two leaders: 3, says node 1, and 4, says node 4", _history.Act(5, 4));
    }

    [Fact]
    public void A_node_that_goes_back_is_found()
    {
        _history.Observe(1, 5, 3);
        Assert.Equal("node 1 went back from term 5 to 4", _history.Observe(1, 4, null));
    }

    [Fact]
    public void An_act_of_a_leader_that_was_replaced_is_found()
    {
        _history.Act(5, 3);
        Assert.Equal("2 acted in term 4 after 3 had acted in term 5", _history.Act(4, 2));
    }

    [Fact]
    public void Terms_begin_with_one() => Assert.NotNull(_history.Observe(1, 0, 3));
}
