using Lab.Coordination.Simulation;
using Lab.Tests.Unit.Coordination;
using Lab.Tests.Unit.TradingPost.Simulation;

namespace Lab.Tests.Unit.TradingPost;

/// <summary>A checker that finds nothing is worth something only if it finds what is wrong.</summary>
[Collection(nameof(AllProcessors))]
public class MutantTests
{
    private const int MostSeeds = 100;

    [Theory]
    [InlineData(Mutant.NoFencing, "wrote after term")]
    [InlineData(Mutant.AcknowledgeBeforeDurable, "know nothing of it")]
    [InlineData(Mutant.NoDedup, "done twice")]
    [InlineData(Mutant.ClaimMissesTail, "know nothing of it")]
    [InlineData(Mutant.LostMoney, "should cost")]
    [InlineData(Mutant.OrderIgnored, "against the vector order")]
    [InlineData(Mutant.GoodsFromNothing, "sells what is not there")]
    [InlineData(Mutant.TermTwice, "was claimed twice")]
    [InlineData(Mutant.BelieveTerms, "which it was never given")]
    public void Every_mistake_is_found_soon(Mutant mutant, string finding)
    {
        for (var seed = 1; seed <= MostSeeds; seed++)
        {
            var market = new SimulatedMarket(seed, mutant);
            string? stopped = null;
            try
            {
                market.Run();
            }
            catch (SimulationException exception)
            {
                // With its accounts damaged a market may well come to a stop; the history tells why.
                stopped = exception.Message.Split('\n')[0];
            }

            if (market.Verdict().Findings.Append(stopped ?? "").FirstOrDefault(found => found.Contains(finding, StringComparison.Ordinal)) is { } found)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"{mutant}: seed {seed}, {found}");
                return;
            }
        }

        Assert.Fail($"{MostSeeds} runs, and nothing was found");
    }
}
