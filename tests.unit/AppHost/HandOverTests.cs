using Lab.AppHost;

namespace Lab.Tests.Unit.AppHost;

public class HandOverTests
{
    [Theory]
    [InlineData("", "up")]
    [InlineData("--run quick", "run --preset quick --keep-up")]
    [InlineData("--run full --exit", "run --preset full")]
    [InlineData("list", "list")]
    public void Arguments_become_those_of_the_lab(string given, string expected) =>
        Assert.Equal(expected, string.Join(' ', HandOver.Translate(given.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
}
