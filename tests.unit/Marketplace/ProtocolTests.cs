using System.Diagnostics;
using System.Globalization;
using System.Text;
using Lab.Marketplace.Catalog;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Sessions;

namespace Lab.Tests.Unit.Marketplace;

public class ProtocolTests
{
    [Theory]
    [InlineData("3-1841", 3, 1841)]
    [InlineData("0-1", 0, 1)]
    public void Item_ids_are_read_as_they_are_written(string text, int category, long serial)
    {
        Assert.True(ItemId.TryParse(text, out var id));
        Assert.Equal(new ItemId(category, serial), id);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("3")]
    [InlineData("3-")]
    [InlineData("-3")]
    [InlineData("3--4")]
    [InlineData("+3-4")]
    [InlineData("3-4 ")]
    [InlineData("99999999999-4")]
    public void What_is_no_item_id_is_not_taken_for_one(string text) => Assert.False(ItemId.TryParse(text, out _));

    [Fact]
    public void A_session_token_says_whose_it_is_and_cannot_be_guessed()
    {
        var tokens = Enumerable.Range(0, 1000).Select(_ => SessionToken.Create(Role.Buyer, 17)).ToList();
        Assert.Equal(1000, tokens.Select(token => token.Text).Distinct().Count());
        Assert.True(SessionToken.TryParse(tokens[0].Text, out var read));
        Assert.Equal((Role.Buyer, 17L, tokens[0].Text), (read.Role, read.UserId, read.Text));
        Assert.All(tokens, token => Assert.True(token.Text.Split('.')[1].Length >= 21));
    }

    [Theory]
    [InlineData("")]
    [InlineData("s.x")]
    [InlineData("x17.abc")]
    [InlineData("s-1.abc")]
    [InlineData("s17")]
    public void What_is_no_session_token_is_not_taken_for_one(string text) => Assert.False(SessionToken.TryParse(text, out _));

    [Fact]
    public void Request_ids_do_not_repeat_and_stay_exact_in_json()
    {
        var clients = Enumerable.Range(0, 50).Select(_ => new RequestIds()).ToList();
        var ids = clients.SelectMany(client => Enumerable.Range(0, 1000).Select(_ => client.Next())).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id, 1, Arguments.MaxId));
    }

    [Fact]
    public void A_request_is_read_as_the_client_writes_it()
    {
        using var frame = ClientFrames.Write(7, "search_items", "b1.token", traceParent: null, "salt \"&\" \U0001F9C2", (json, text) => json.WriteString("name", text));
        using var request = RequestFrame.Parse(frame.Wire[4..], out var id);
        Assert.Equal((7L, 7L, "search_items", "b1.token"), (id, request.Id, request.Operation, request.Session));
        Assert.Equal("salt \"&\" \U0001F9C2", request.Arguments.Text("name", 1, 32));
    }

    [Fact]
    public void A_request_carries_the_callers_span()
    {
        const string Span = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        using var frame = ClientFrames.Write(7, "logout", session: null, Span, 0, (_, _) => { });
        using var request = RequestFrame.Parse(frame.Wire[4..], out _);
        var context = Assert.NotNull(request.ReadTraceContext());
        Assert.Equal(
            ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", ActivityTraceFlags.Recorded),
            (context.TraceId.ToHexString(), context.SpanId.ToHexString(), context.TraceFlags));
    }

    /// <summary>W3C Trace Context: whoever cannot read it goes on without it.</summary>
    [Theory]
    [InlineData("7")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0\"")]
    [InlineData("\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz\"")]
    [InlineData("\"00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01\"")]
    [InlineData("\"00-00000000000000000000000000000000-b7ad6b7169203331-01\"")]
    public void A_callers_span_that_makes_no_sense_is_no_reason_to_refuse_a_request(string span)
    {
        var json = $"{{\"id\":7,\"op\":\"logout\",\"traceparent\":{span}}}";
        using var request = RequestFrame.Parse(System.Text.Encoding.UTF8.GetBytes(json), out _);
        Assert.Null(request.ReadTraceContext());
    }

    [Fact]
    public void A_refusal_reaches_the_caller_with_code_and_message()
    {
        using var reply = ReplyFrame.Error(7, ErrorCodes.OutOfStock, "2 left");
        Assert.Equal(7, ClientFrames.ReadId(reply.Wire.Span[4..]));
        var refused = Assert.Throws<MarketplaceException>(() => ClientFrames.Read(reply.Wire[4..], result => result.GetRawText()));
        Assert.Equal((ErrorCodes.OutOfStock, "2 left"), (refused.Code, refused.Message));
    }

    [Fact]
    public void A_reply_about_the_connection_has_no_id()
    {
        using var reply = ReplyFrame.Error(null, ErrorCodes.FrameTooLarge, "too large");
        Assert.Null(ClientFrames.ReadId(reply.Wire.Span[4..]));
        Assert.Contains("too large (frame_too_large)", ClientFrames.DescribeRefusal(reply.Wire.Span[4..]), StringComparison.Ordinal);
    }

    [Fact]
    public void Nonsense_is_refused_and_never_anything_else()
    {
        var random = new Random(20260131);
        var valid = "{\"id\":12,\"op\":\"search_items\",\"session\":\"b1.x\",\"args\":{\"category\":1,\"keywords\":[\"a\"]}}"u8.ToArray();
        for (var attempt = 0; attempt < 20_000; attempt++)
        {
            var spoiled = (byte[])valid.Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                spoiled[random.Next(spoiled.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var request = RequestFrame.Parse(spoiled.AsMemory(0, random.Next(spoiled.Length + 1)), out _);
                request.Arguments.Integer("category", 0, 10);
                request.Arguments.Keywords("keywords", 0);
            }
            catch (MarketplaceException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
        }
    }

    [Fact]
    public void Terms_ignore_case_and_order_and_differ_by_category()
    {
        Assert.Equal(SearchTerm.Of(1, ["Salt", "SEA"]).Order(), SearchTerm.Of(1, ["sea", "salt"]).Order());
        Assert.Single(SearchTerm.Of(1, ["salt", "SALT"]));
        Assert.NotEqual(SearchTerm.Of(1, ["salt"]), SearchTerm.Of(2, ["salt"]));
        Assert.Equal([SearchTerm.OfCategory(5)], SearchTerm.Of(5, []));
    }

    [Fact]
    public void A_card_and_credentials_do_not_print_what_is_secret()
    {
        Assert.DoesNotContain("4242424242424242", new Card("4242424242424242", "Ann", "07/29").ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", new Lab.Marketplace.Accounts.Credentials("ann", "secret").ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.10", "0.10")]
    [InlineData("0.01", "0.01")]
    [InlineData("1e2", "100.00")]
    [InlineData("2.500", "2.50")]
    [InlineData("125E-2", "1.25")]
    [InlineData("1000000", "1000000.00")]
    public void A_price_keeps_its_cents(string written, string price)
    {
        using var request = RequestOf(written);
        Assert.Equal(decimal.Parse(price, CultureInfo.InvariantCulture), request.Arguments.Price("price"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("0.009")]
    [InlineData("0.001")]
    [InlineData("1e-30")]
    [InlineData("1.005")]
    [InlineData("0.010000000000000000000000000000000000001")]
    [InlineData("1000000.01")]
    [InlineData("1e7")]
    [InlineData("1e999")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    public void What_is_no_price_is_refused(string written)
    {
        using var request = RequestOf(written);
        var arguments = request.Arguments;
        Assert.Equal(ErrorCodes.InvalidArgument, Assert.Throws<MarketplaceException>(() => arguments.Price("price")).Code);
    }

    private static RequestFrame RequestOf(string price) =>
        RequestFrame.Parse(Encoding.UTF8.GetBytes($"{{\"id\":1,\"op\":\"x\",\"args\":{{\"price\":{price}}}}}"), out _);
}
