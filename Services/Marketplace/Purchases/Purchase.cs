using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Purchases;

/// <summary>A purchase: the buyer and the request that makes it.</summary>
internal readonly record struct PurchaseId(long BuyerId, long RequestId);

/// <summary>How far a purchase has come. Reserved is the only state that changes.</summary>
internal enum PurchaseState
{
    Reserved,
    Paid,
    Declined,
}

/// <summary>A purchase as the database holds it; line by line with its item.</summary>
internal sealed record Purchase(PurchaseState State, decimal Amount, IReadOnlyList<CartLine> Lines, IReadOnlyList<ItemIdentity> Items);
