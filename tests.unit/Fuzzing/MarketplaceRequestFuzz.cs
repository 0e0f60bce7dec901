using System.Text;
using System.Text.Json;
using CsCheck;
using Lab.Marketplace.Accounts;
using Lab.Marketplace.Buyers;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Sellers;
using Lab.Marketplace.Server;
using Lab.Marketplace.Sessions;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.Fuzzing;

/// <summary>Whatever a frame of the marketplace holds is a request, or is refused with a code that says that it is not.</summary>
public class MarketplaceRequestFuzz
{
    /// <summary>Those of both servers; they only read their arguments here.</summary>
    private static readonly Operation[] Operations =
    [
        new CreateAccount(null!), new Login(Role.Buyer, null!, null!, null), new Logout(null!), new GetSellerRating(Role.Buyer, null!, null!),
        new RegisterItemForSale(null!, null!), new ChangeItemPrice(null!, null!), new UpdateUnitsForSale(null!, null!), new DisplayItemsForSale(null!, null!),
        new SearchItems(null!, null!), new GetItem(null!, null!), new AddItemToCart(null!, null!), new RemoveItemFromCart(null!), new SaveCart(null!, null!),
        new ClearCart(null!), new DisplayCart(null!), new MakePurchase(null!, null!), new ProvideFeedback(null!, null!), new GetBuyerPurchases(null!),
    ];

    private static readonly RequestDispatcher Dispatcher = new(Role.Buyer, Operations, null!, null!, null!);

    [Fact]
    public void Is_read_or_refused_as_invalid()
    {
        var names = HostileJson.Names(
            "name", "category", "keywords", "condition", "price", "quantity", "item_id", "after", "seller_id", "password", "card_number", "card_holder",
            "card_expires", "thumbs");
        var operation = Fuzz.Weighted(
            (8, Gen.OneOf<Operation>(Operations).Select(known => $"\"{known.Name}\"")), (1, Gen.Const("\"\\u0064isplay_items_for_sale\"")), (1, HostileJson.Value(names)));
        var member = Fuzz.Any(
            operation.Select(value => $"\"op\":{value}"),
            HostileJson.Object(names).Select(value => $"\"args\":{value}"),
            Gen.Select(HostileJson.Names("id", "op", "session", "args", "traceparent"), HostileJson.Value(names), (name, value) => $"{name}:{value}"),
            Gen.OneOf("\"session\":\"s1.AAAAAAAAAAAAAAAAAAAAAA\"", "\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\""));
        var request = Fuzz.Weighted(
            (4, Gen.Select(operation, HostileJson.Object(names), (op, arguments) => $"{{\"id\":7,\"op\":{op},\"args\":{arguments}}}")),
            (2, member.Array[0, 6].Select(members => $"{{\"id\":7,{string.Join(',', members)}}}")),
            (1, HostileJson.Value(names)));
        Fuzz.Check("MarketplaceRequests", Fuzz.Damaged(request), Check);
    }

    private static void Check(byte[] payload)
    {
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        long? id = null;
        try
        {
            using var request = RequestFrame.Parse(payload, out id);
            _ = request.ReadTraceContext();
            _ = request.Session is { } session && SessionToken.TryParse(session, out _);
            if (Array.Find(Operations, known => known.Name == request.Operation) is { } operation)
            {
                Assert.InRange(operation.MaxReplyBytes, 1, Dispatcher.MaxReplyBytes(payload));
                _ = operation.Prepare(request.Arguments);
            }
        }
        catch (MarketplaceException refusal)
        {
            AssertRefusal(id, refusal);
        }

        // Twice: texts in UTF-16. A refusal costs some kilobytes.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocatedBefore, 0, (256 * 1024) + (16 * payload.Length));
    }

    private static void AssertRefusal(long? id, MarketplaceException refusal)
    {
        Assert.StartsWith("invalid_", refusal.Code, StringComparison.Ordinal);
        using var reply = ReplyFrame.Error(id, refusal.Code, refusal.Message);
        using var json = JsonDocument.Parse(reply.Wire[FrameFormat.HeaderBytes..]);
        Assert.Equal(refusal.Code, json.RootElement.GetProperty("error").GetProperty("code").GetString());
    }

    /// <summary>A price that is taken is the one that was written, to the cent.</summary>
    [Fact]
    public void A_price_is_taken_as_it_is_written_or_not_at_all()
    {
        var digits = Gen.OneOf("0", "1", "9", "00", "25", "000").Array[0, 5].Select(string.Concat);
        var number = Gen.Select(Gen.OneOf("0", "1", "10", "1000000", "999999"), digits, Gen.Int[-6, 6], Gen.Bool, (whole, fraction, exponent, hasExponent) =>
            whole + (fraction.Length > 0 ? $".{fraction}" : "") + (hasExponent ? $"e{exponent}" : ""));
        Fuzz.Check("Prices", number.Select(Encoding.UTF8.GetBytes), CheckPrice);
    }

    private static void CheckPrice(byte[] number)
    {
        var text = Encoding.UTF8.GetString(number);
        var exact = decimal.Parse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture);
        var isPrice = exact is >= 0.01m and <= 1_000_000m && decimal.Round(exact, 2) == exact;
        using var request = RequestFrame.Parse(Encoding.UTF8.GetBytes($$$"""{"id":1,"op":"x","args":{"price":{{{text}}}}}"""), out _);
        if (isPrice)
        {
            Assert.Equal(exact, request.Arguments.Price("price"));
        }
        else
        {
            var arguments = request.Arguments;
            Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<MarketplaceException>(() => arguments.Price("price")).Code);
        }
    }
}
