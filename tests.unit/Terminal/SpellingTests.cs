using Lab.Terminal;

namespace Lab.Tests.Unit.Terminal;

public class SpellingTests
{
    [Theory]
    [InlineData("iteration", "iterations")]
    [InlineData("qiuck", "quick")]
    [InlineData("ful", "full")]
    [InlineData("quick", "quick")]
    public void A_near_miss_is_recognised(string word, string expected) =>
        Assert.Equal(expected, Spelling.Nearest(word, ["operations", "iterations", "quick", "full"]));

    [Theory]
    [InlineData("zebra")]
    [InlineData("")]
    public void Another_word_is_not(string word) => Assert.Null(Spelling.Nearest(word, ["iterations", "quick", "full"]));

    [Fact]
    public void The_nearest_of_several_wins() => Assert.Equal("threads", Spelling.Nearest("thread", ["read", "threaded", "threads"]));

    [Fact]
    public void An_endless_word_is_not_compared() => Assert.Null(Spelling.Nearest(new string('a', 100_000), ["a"]));
}
