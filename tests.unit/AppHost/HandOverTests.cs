using Lab.AppHost;

namespace Lab.Tests.Unit.AppHost;

public class HandOverTests
{
    [Theory]
    [InlineData("", "up")]
    [InlineData("--databases local", "up")]
    [InlineData("--run quick", "run --preset quick --keep-up")]
    [InlineData("--run full --exit", "run --preset full")]
    [InlineData("--exit --seed 7 --run quick --out /tmp/report", "run --preset quick --seed 7 --out /tmp/report")]
    [InlineData("list", "list")]
    [InlineData("run --attach", "run --attach")]
    public void Arguments_become_those_of_the_lab(string given, string expected)
    {
        Assert.Equal(expected, string.Join(' ', HandOver.Translate(Split(given), out var problem)!));
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("--publisher manifest --output-path x.json", "--publisher is for Aspire")]
    [InlineData("--databases containers", "--databases containers needs Aspire")]
    [InlineData("--link-latency-ms 40", "--link-latency-ms needs Aspire")]
    [InlineData("--run slow", "--run takes quick or full, not 'slow'")]
    public void What_cannot_be_had_without_aspire_is_refused_with_the_reason(string given, string expected)
    {
        Assert.Null(HandOver.Translate(Split(given), out var problem));
        Assert.StartsWith(expected, problem, StringComparison.Ordinal);
    }

    private static string[] Split(string arguments) => arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
