using Dapper;
using Lab.Harness.Verdicts;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>What clients were told about registrations.</summary>
/// <param name="SellerIds">Sellers that registered under load, and nothing else.</param>
/// <param name="Acknowledged">Serial numbers of acknowledged registrations.</param>
/// <param name="InDoubt">Registrations whose outcome nobody was told.</param>
internal sealed record RegistrationLedger(IReadOnlySet<long> SellerIds, IReadOnlyList<long> Acknowledged, long InDoubt);

/// <summary>Checks the marketplace's invariants against the database itself; blocking.</summary>
internal sealed class MarketplaceInvariants(string connectionString)
{
    private const string Product = MarketplaceSchema.Product;
    private const string Customer = MarketplaceSchema.Customer;

    /// <summary>Every acknowledged registration is in the database exactly once.</summary>
    public VerdictResult CheckRegistrations(RegistrationLedger ledger)
    {
        using var connection = MySqlDriver.Open(connectionString);
        var stored = ledger.SellerIds
            .SelectMany(seller => connection.Query<long>($"SELECT serial FROM {Product}.item WHERE seller_id = @seller", new { seller }))
            .ToHashSet();
        var acknowledged = ledger.Acknowledged.ToHashSet();
        var twice = ledger.Acknowledged.Count - acknowledged.Count;
        var lost = acknowledged.Count(serial => !stored.Contains(serial));
        var unasked = stored.Count - (acknowledged.Count - lost);
        if (twice > 0 || lost > 0 || unasked > ledger.InDoubt)
        {
            return VerdictResult.Broken(
                $"of {ledger.Acknowledged.Count} acknowledged registrations {lost} are not in the database and {twice} share an item; {unasked} items are there that nobody was told of, {ledger.InDoubt} could be");
        }

        var inDoubt = ledger.InDoubt > 0 ? $", and {unasked} of the {ledger.InDoubt} whose reply was lost" : "";
        return VerdictResult.Kept($"all {ledger.Acknowledged.Count} acknowledged registrations are in the database exactly once{inDoubt}");
    }

    /// <summary>Stock + sold + reserved = registered for every item; what cards were charged is what purchases cost.</summary>
    public VerdictResult CheckBooks()
    {
        using var connection = MySqlDriver.Open(connectionString);
        var items = connection.ExecuteScalar<long>(
            $"""
            SELECT COUNT(*) FROM {Product}.item i LEFT JOIN (
              SELECT l.serial, SUM(l.quantity) AS units FROM {Product}.purchase p JOIN {Product}.purchase_line l USING (buyer_id, request_id)
              WHERE p.state = 'reserved' GROUP BY l.serial) r ON r.serial = i.serial
            WHERE i.quantity < 0 OR i.quantity + i.sold + COALESCE(r.units, 0) <> i.registered
            """);
        if (items > 0)
        {
            return VerdictResult.Broken($"{items} items break: stock + sold + reserved = registered");
        }

        var purchases = connection.ExecuteScalar<long>(
            $"""
            SELECT COUNT(*) FROM {Product}.purchase p
              LEFT JOIN {Customer}.payment c USING (buyer_id, request_id)
              LEFT JOIN (SELECT buyer_id, request_id, SUM(quantity * price) AS amount FROM {Product}.purchase_line GROUP BY buyer_id, request_id) l USING (buyer_id, request_id)
            WHERE p.state = 'paid' AND (c.outcome IS NULL OR c.outcome <> 'approved' OR c.amount <> p.amount OR l.amount <> p.amount)
            """);
        var charges = connection.ExecuteScalar<long>(
            $"""
            SELECT COUNT(*) FROM {Customer}.payment c LEFT JOIN {Product}.purchase p USING (buyer_id, request_id)
            WHERE c.outcome = 'approved' AND (p.state IS NULL OR p.state = 'declined')
            """);
        return purchases + charges == 0
            ? VerdictResult.Kept("stock, sales and payments agree")
            : VerdictResult.Broken($"{purchases} paid purchases lack their payment, {charges} payments lack their purchase");
    }
}
