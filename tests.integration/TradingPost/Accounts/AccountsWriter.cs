using System.Text.Json;
using Lab.Journal;
using Lab.Tests.Unit.TradingPost.Accounts;
using Lab.TradingPost.Accounts;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lab.Tests.Integration.TradingPost.Accounts;

/// <summary>
/// A process that claims accounts and appends to them as fast as it can, and prints what it was told: lines of a word and
/// what belongs to it. Ends when it is fenced or fails.
/// </summary>
internal static class AccountsWriter
{
    public const string Command = "accounts-writer";

    /// <summary>A setting of its environment: its <see cref="Order"/> as JSON.</summary>
    public const string OrderSetting = "LAB_TEST_ORDER";

    /// <summary>A line without it was cut off when the process was killed.</summary>
    public const string EndOfLine = " .";

    /// <param name="Settings">Of the accounts.</param>
    /// <param name="Trader">Who it is.</param>
    /// <param name="AppendsPerTerm">Then it claims again.</param>
    /// <param name="MostRecords">Of an append.</param>
    /// <param name="ClaimsWhenFenced">Instead of ending.</param>
    public sealed record Order(AccountsSettings Settings, int Trader, int AppendsPerTerm, int MostRecords, bool ClaimsWhenFenced = false);

    public static async Task<int> RunAsync()
    {
        const int MostTerms = 100_000;
        var order = JsonSerializer.Deserialize<Order>(Environment.GetEnvironmentVariable(OrderSetting)!)!;
        await using var accounts = AccountsFactory.Create(order.Settings, NullLogger.Instance);
        try
        {
            var goesOn = true;
            for (var term = 0; term < MostTerms && goesOn; term++)
            {
                goesOn = await RunTermAsync(accounts, order) || order.ClaimsWhenFenced;
            }
        }
        catch (IOException exception)
        {
            Print("failed", exception.Message);
            Print("history", JsonSerializer.Serialize(
                AccountsFactory.ReadHistory(order.Settings).Select(entry => entry.Record).Where(record => record is not null)));
        }

        return 0;
    }

    /// <returns>False when it was fenced.</returns>
    private static async Task<bool> RunTermAsync(AccountsStore accounts, Order order)
    {
        try
        {
            var claimed = await accounts.ClaimAsync(order.Trader, CancellationToken.None);
            var market = new SampleMarket(claimed);
            Print("claimed", $"{claimed.Term}");
            for (var append = 0; append < order.AppendsPerTerm; append++)
            {
                var records = market.Records(1 + Random.Shared.Next(order.MostRecords));
                await accounts.AppendAsync(records, CancellationToken.None);
                Print("durable", JsonSerializer.Serialize(records));
            }

            return true;
        }
        catch (FencedException exception)
        {
            Print("fenced", exception.Message);
            return false;
        }
    }

    private static void Print(string word, string content) => Console.Out.WriteLine($"{word} {content}{EndOfLine}");
}
