using Lab.Harness.Verdicts;
using Lab.Marketplace.Client;
using Lab.Marketplace.Protocol;

namespace Lab.Harness.Systems.Marketplace;

/// <summary>No session works after logout.</summary>
internal static class SessionInvariant
{
    public static async Task<VerdictResult> CheckAsync(SellerAccount seller, BuyerAccount buyer, CancellationToken cancellationToken)
    {
        seller.Client.Session = seller.ShopSession;
        foreach (var client in new MarketplaceClient[] { seller.Client, buyer.Client })
        {
            var session = client.Session;
            await client.LogoutAsync(cancellationToken);
            client.Session = session;
            try
            {
                await client.GetSellerRatingAsync(seller.ShopId, cancellationToken);
                return VerdictResult.Broken("a session still worked after its logout");
            }
            catch (MarketplaceException refused) when (refused.Code == ErrorCodes.SessionExpired)
            {
                // As it must be.
            }
        }

        return VerdictResult.Kept("sessions ended with their logout");
    }
}
