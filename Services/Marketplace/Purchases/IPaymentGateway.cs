using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Purchases;

/// <summary>The payment component: it may decline, and it never charges a purchase twice.</summary>
internal interface IPaymentGateway
{
    /// <summary>Charges a card. Asked again about the same purchase, it repeats its first answer.</summary>
    /// <returns>True when the card was charged.</returns>
    Task<bool> ChargeAsync(PurchaseId purchase, decimal amount, Card card);

    /// <summary>Closes a purchase whose server died: it cannot be charged any more if it has not been.</summary>
    /// <returns>True when the card had been charged.</returns>
    Task<bool> CloseAsync(PurchaseId purchase);
}
