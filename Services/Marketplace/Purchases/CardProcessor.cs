using System.Globalization;
using Dapper;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Purchases;

/// <summary>
/// A card processor that behaves like a real one towards its client: a durable ledger with one row per purchase.
/// Declines expired cards and the well-known test number that ends in 0002.
/// </summary>
internal sealed class CardProcessor(DatabasePool database, TimeProvider time) : IPaymentGateway
{
    private const string Ledger = MarketplaceSchema.Customer + ".payment";
    private const string Approved = "approved";
    private const string Declined = "declined";
    private const string Void = "void";
    private const string AlwaysDeclined = "4000000000000002";

    public Task<bool> ChargeAsync(PurchaseId purchase, decimal amount, Card card) =>
        EnterAsync(purchase, IsGood(card) ? Approved : Declined, amount, card.LastDigits);

    public Task<bool> CloseAsync(PurchaseId purchase) => EnterAsync(purchase, Void, amount: 0, digits: "");

    /// <summary>The first entry of a purchase decides.</summary>
    private Task<bool> EnterAsync(PurchaseId purchase, string outcome, decimal amount, string digits) =>
        database.RunAsync(DatabaseAccess.Write, async session =>
        {
            try
            {
                await session.Connection.ExecuteAsync(
                    $"INSERT INTO {Ledger} (buyer_id, request_id, outcome, amount, card_digits) VALUES (@BuyerId, @RequestId, @outcome, @amount, @digits)",
                    new { purchase.BuyerId, purchase.RequestId, outcome, amount, digits });
                return outcome == Approved;
            }
            catch (Exception exception) when (MySqlDriver.IsDuplicateKey(exception))
            {
                return await session.Connection.QuerySingleAsync<string>(
                    $"SELECT outcome FROM {Ledger} WHERE buyer_id = @BuyerId AND request_id = @RequestId",
                    new { purchase.BuyerId, purchase.RequestId }) == Approved;
            }
        });

    private bool IsGood(Card card)
    {
        // A card is good to the end of the month that is printed on it.
        var month = DateTime.ParseExact(card.Expires, "MM/yy", CultureInfo.InvariantCulture);
        return card.Number != AlwaysDeclined && time.GetUtcNow().UtcDateTime < month.AddMonths(1);
    }
}
