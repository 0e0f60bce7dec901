using System.Globalization;
using System.Text.Json;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Purchases;
using Lab.Marketplace.Server;
using Lab.Marketplace.Sessions;
using Lab.Storage.Redis;
using Lab.Transport.Frames;

namespace Lab.Marketplace.Buyers;

/// <summary>make_purchase: buys the whole cart. Repeated with the same request id it answers the same receipt.</summary>
internal sealed class MakePurchase(Checkout checkout, SessionStore sessions) : Operation<Card, Receipt>("make_purchase")
{
    protected override Card Read(Arguments arguments)
    {
        var number = arguments.Text("card_number", 12, 40).Replace(" ", "", StringComparison.Ordinal);
        if (number.Length is < 12 or > 19 || !number.All(char.IsAsciiDigit) || !PassesLuhn(number))
        {
            throw new MarketplaceException(ErrorCodes.InvalidArgument, "argument 'card_number' is not a card number");
        }

        var expires = arguments.Text("card_expires", 5, 5);
        return DateTime.TryParseExact(expires, "MM/yy", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? new Card(number, arguments.Text("card_holder", 1, 64), expires)
            : throw new MarketplaceException(ErrorCodes.InvalidArgument, "argument 'card_expires' must be a month and year such as 07/29");
    }

    protected override async ValueTask<Receipt> ExecuteAsync(Card arguments, Caller caller)
    {
        var session = caller.Session!;
        return await checkout.PurchaseAsync(
            new PurchaseId(caller.UserId, caller.RequestId), () => sessions.ReadCartAsync(session), TakeOffCartAsync, arguments);

        async Task TakeOffCartAsync(IReadOnlyList<CartLine> lines)
        {
            try
            {
                await sessions.TakePurchaseAsync(session, caller.RequestId, lines);
            }
            catch (Exception exception) when (RedisConnection.IsUnavailable(exception))
            {
                // The card is charged: the purchase stands, whatever becomes of the cart.
            }
        }
    }

    protected override void Write(Utf8JsonWriter json, Receipt result)
    {
        json.WriteStartObject();
        json.WriteNumber("purchase_id"u8, result.RequestId);
        json.WriteNumber("amount"u8, result.Amount);
        CartJson.Write(json, result.Lines);
        json.WriteEndObject();
    }

    /// <summary>The check digit of card numbers (ISO/IEC 7812-1, annex B).</summary>
    private static bool PassesLuhn(string digits)
    {
        var sum = 0;
        for (var index = 0; index < digits.Length; index++)
        {
            var digit = digits[^(index + 1)] - '0';
            var doubled = digit * 2;
            sum += index % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
        }

        return sum % 10 == 0;
    }
}

/// <summary>provide_feedback: thumbs up or down for a bought item, once.</summary>
internal sealed class ProvideFeedback(FeedbackStore feedback, ReadCache cache) : Command<(ItemId Item, bool IsUp)>("provide_feedback")
{
    protected override (ItemId Item, bool IsUp) Read(Arguments arguments) =>
        (arguments.ItemId("item_id"), arguments.Choice("thumbs", "up", "down") == "up");

    protected override async ValueTask DoAsync((ItemId Item, bool IsUp) arguments, Caller caller)
    {
        var item = await feedback.GiveAsync(new PurchaseId(caller.UserId, caller.RequestId), arguments.Item, arguments.IsUp);
        await cache.InvalidateAsync(CacheDependencies.OfItem(item).Append(CacheDependencies.SellerRating(item.SellerId)));
    }
}

/// <summary>get_buyer_purchases: what the buyer bought, newest first.</summary>
internal sealed class GetBuyerPurchases(PurchaseStore purchases)
    : Operation<Nothing, IReadOnlyList<PurchasedItem>>("get_buyer_purchases")
{
    public override int MaxReplyBytes => FrameFormat.MaxPayloadBytes;

    protected override bool IsLarge(IReadOnlyList<PurchasedItem> result) => result.Count > LargeReplies.ManyRows;

    protected override Nothing Read(Arguments arguments) => default;

    protected override async ValueTask<IReadOnlyList<PurchasedItem>> ExecuteAsync(Nothing arguments, Caller caller) =>
        await purchases.OfBuyerAsync(caller.UserId);

    protected override void Write(Utf8JsonWriter json, IReadOnlyList<PurchasedItem> result)
    {
        json.WriteStartObject();
        json.WriteStartArray("purchases"u8);
        foreach (var purchased in result)
        {
            json.WriteStartObject();
            ItemJson.WriteId(json, "item_id", purchased.Item);
            json.WriteString("name"u8, purchased.Name);
            json.WriteNumber("quantity"u8, purchased.Quantity);
            json.WriteNumber("price"u8, purchased.Price);
            json.WriteString("purchased_at"u8, purchased.PurchasedAtUtc);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
