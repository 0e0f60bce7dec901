using Lab.AppHost;

namespace Lab.Tests.Unit.AppHost;

public class LabArgumentsTests
{
    [Fact]
    public void Nothing_given_is_a_lab_that_stays_up()
    {
        var given = LabArguments.Parse([], out var problem)!;
        Assert.Null(problem);
        Assert.Equal((null, false, 1L, null, null, 0), (given.Run, given.Exit, given.Seed, given.Out, given.Databases, given.LinkLatencyMs));
        Assert.Empty(given.Rest);
    }

    [Fact]
    public void What_the_lab_does_not_know_is_left_to_aspire_in_its_order()
    {
        var given = LabArguments.Parse(["--publisher", "manifest", "--databases", "local", "--output-path", "x.json"], out _)!;
        Assert.Equal(["--publisher", "manifest", "--output-path", "x.json"], given.Rest);
        Assert.Equal(LabArguments.Local, given.Databases);
    }

    [Fact]
    public void The_reports_folder_is_that_of_the_caller()
    {
        var given = LabArguments.Parse(["--run", "full", "--exit", "--out", "report", "--seed", "7", "--link-latency-ms", "40"], out _)!;
        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "report"), given.Out);
        Assert.Equal(("full", true, 7L, 40), (given.Run, given.Exit, given.Seed, given.LinkLatencyMs));
    }

    [Fact]
    public void Experiments_can_be_named_several_times_and_none_is_all_of_them()
    {
        Assert.Empty(LabArguments.Parse([], out _)!.Experiments);
        Assert.Equal(["echo", "marketplace"], LabArguments.Parse(["--experiment", "echo", "--experiment", "marketplace"], out _)!.Experiments);
    }

    [Theory]
    [InlineData("--run slow", "--run takes quick or full")]
    [InlineData("--exit", "--exit belongs to --run")]
    [InlineData("--databases cloud", "--databases takes containers or local")]
    [InlineData("--link-latency-ms -1", "--link-latency-ms cannot be negative")]
    [InlineData("list", "there is no command 'list' here")]
    [InlineData("--seed many", "Cannot parse argument 'many'")]
    [InlineData("--run", "Required argument missing")]
    public void What_makes_no_sense_is_refused(string args, string expected)
    {
        Assert.Null(LabArguments.Parse(args.Split(' '), out var problem));
        Assert.StartsWith(expected, problem, StringComparison.Ordinal);
    }
}
