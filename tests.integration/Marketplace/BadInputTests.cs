using System.Text;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>Whatever arrives gets a clear answer, and costs nobody else anything.</summary>
[Collection(SharedLabTests.Name)]
public sealed class BadInputTests(SharedLab lab)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", ErrorCodes.InvalidJson)]
    [InlineData("{", ErrorCodes.InvalidJson)]
    [InlineData("nonsense", ErrorCodes.InvalidJson)]
    [InlineData("{\"id\":1,\"op\":\"logout\"} trailing", ErrorCodes.InvalidJson)]
    [InlineData("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", ErrorCodes.InvalidJson)]
    [InlineData("[]", ErrorCodes.InvalidRequest)]
    [InlineData("42", ErrorCodes.InvalidRequest)]
    [InlineData("{}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":1}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"op\":\"logout\"}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":\"one\",\"op\":\"logout\"}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":0,\"op\":\"logout\"}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":9007199254740992,\"op\":\"logout\"}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":1.5,\"op\":\"logout\"}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":1,\"op\":7}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":1,\"op\":\"\\ud800\"}", ErrorCodes.InvalidJson)]
    [InlineData("{\"\\ud800\":1,\"id\":1,\"op\":\"logout\"}", ErrorCodes.InvalidJson)]
    [InlineData("{\"id\":1,\"op\":\"login\",\"args\":{\"\\uDC00\":1}}", ErrorCodes.InvalidJson)]
    [InlineData("{\"id\":1,\"op\":\"register_item_for_sale\",\"session\":\"s1.AAAAAAAAAAAAAAAAAAAAAA\",\"args\":{\"name\":\"x\",\"category\":1,\"condition\":\"\\ud800\"}}", ErrorCodes.InvalidJson)]
    [InlineData("{\"id\":1,\"op\":\"login\",\"args\":{\"name\":\"\\ud83d\\ud83d\"}}", ErrorCodes.InvalidJson)]
    [InlineData("{\"id\":1,\"id\":2,\"op\":\"logout\"}", ErrorCodes.InvalidJson)]
    [InlineData("{\"id\":1,\"op\":\"logout\",\"args\":{\"a\":1,\"\\u0061\":2}}", ErrorCodes.InvalidJson)]
    [InlineData("{\"id\":1,\"op\":\"logout\",\"args\":[]}", ErrorCodes.InvalidRequest)]
    [InlineData("{\"id\":1,\"op\":\"steal\"}", ErrorCodes.UnknownOperation)]
    [InlineData("{\"id\":1,\"op\":\"make_purchase\"}", ErrorCodes.UnknownOperation)]
    [InlineData("{\"id\":1,\"op\":\"logout\"}", ErrorCodes.NotLoggedIn)]
    [InlineData("{\"id\":1,\"op\":\"logout\",\"session\":null}", ErrorCodes.NotLoggedIn)]
    [InlineData("{\"id\":1,\"op\":\"logout\",\"session\":\"made up\"}", ErrorCodes.SessionExpired)]
    [InlineData("{\"id\":1,\"op\":\"logout\",\"session\":\"s1.AAAAAAAAAAAAAAAAAAAAAA\"}", ErrorCodes.SessionExpired)]
    [InlineData("{\"id\":1,\"op\":\"logout\",\"session\":\"b1.AAAAAAAAAAAAAAAAAAAAAA\"}", ErrorCodes.WrongRole)]
    [InlineData("{\"id\":1,\"op\":\"logout\",\"session\":17}", ErrorCodes.InvalidRequest)]
    public async Task A_frame_that_is_not_a_request_is_refused_and_the_connection_goes_on(string json, string code)
    {
        using var connection = await RawConnection.OpenAsync(lab.Server(MarketplaceTopology.SellerServer));
        Assert.Equal(code, await connection.RefusalOfAsync(json));
        Assert.Equal(ErrorCodes.UnknownOperation, await connection.RefusalOfAsync("{\"id\":2,\"op\":\"dance\"}"));
    }

    [Fact]
    public async Task Invalid_utf8_is_refused()
    {
        using var connection = await RawConnection.OpenAsync(lab.Server(MarketplaceTopology.SellerServer));
        await connection.SendFrameAsync([.. "{\"id\":1,\"op\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        Assert.Equal(ErrorCodes.InvalidJson, RawConnection.ErrorCode(await connection.ReadAsync()));
    }

    [Fact]
    public async Task A_reply_names_the_request_it_answers_even_when_it_refuses_it()
    {
        using var connection = await RawConnection.OpenAsync(lab.Server(MarketplaceTopology.SellerServer));
        await connection.SendTextAsync("{\"id\":77,\"op\":\"dance\"}");
        Assert.Equal(77, (await connection.ReadAsync())!.Value.GetProperty("id").GetInt64());
    }

    [Theory]
    [InlineData("{\"category\":1,\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'name' is missing")]
    [InlineData("{\"name\":5,\"category\":1,\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'name' must be a string")]
    [InlineData("{\"name\":\"\",\"category\":1,\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'name' must have 1 to 32 characters")]
    [InlineData("{\"name\":\"123456789012345678901234567890123\",\"category\":1,\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'name' must have 1 to 32 characters")]
    [InlineData("{\"name\":\"a\\u0000b\",\"category\":1,\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'name' must not contain control characters")]
    [InlineData("{\"name\":\"x\",\"category\":\"1\",\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'category' must be an integer")]
    [InlineData("{\"name\":\"x\",\"category\":1.5,\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'category' must be an integer")]
    [InlineData("{\"name\":\"x\",\"category\":-1,\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'category' must be between")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"old\",\"price\":1,\"quantity\":1}", "'condition' must be one of: new, used")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":-0.01,\"quantity\":1}", "'price' must be between")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":1.005,\"quantity\":1}", "'price' must not have more than two decimals")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":1e999,\"quantity\":1}", "'price' must be between")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":0,\"quantity\":1}", "'price' must be between 0.01 and 1000000")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":1e-30,\"quantity\":1}", "'price' must be between 0.01 and 1000000")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":1000000.01,\"quantity\":1}", "'price' must be between 0.01 and 1000000")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":1.00000000000000000000000000000000001,\"quantity\":1}", "'price' must not have more than two decimals")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":1,\"quantity\":-3}", "'quantity' must be between")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"condition\":\"new\",\"price\":1,\"quantity\":99999999999999999999}", "'quantity' must be an integer")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"keywords\":\"salt\",\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'keywords' must be a list of strings")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"keywords\":[1],\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'keywords' must be a list of strings")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"keywords\":[\"123456789\"],\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'keywords' must have 1 to 8 characters")]
    [InlineData("{\"name\":\"x\",\"category\":1,\"keywords\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"],\"condition\":\"new\",\"price\":1,\"quantity\":1}", "'keywords' must have 0 to 5 keywords")]
    public async Task A_wrong_argument_is_named_and_nothing_is_registered(string arguments, string message)
    {
        await using var seller = await lab.NewSellerAsync();
        using var connection = await RawConnection.OpenAsync(lab.Server(MarketplaceTopology.SellerServer));
        await connection.SendTextAsync($$"""{"id":3,"op":"register_item_for_sale","session":"{{seller.Session}}","args":{{arguments}}}""");
        var reply = await connection.ReadAsync();
        Assert.Equal(ErrorCodes.InvalidArgument, RawConnection.ErrorCode(reply));
        Assert.Contains(message, reply!.Value.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(await seller.DisplayItemsAsync(Token));
    }

    [Theory]
    [MemberData(nameof(Engines.Offered), MemberType = typeof(Engines))]
    public async Task A_frame_over_one_mebibyte_is_refused_before_it_is_sent(string engine)
    {
        await lab.SetFactorsAsync(SharedLab.Replica, ("engine", engine));
        using var connection = await RawConnection.OpenAsync(lab.Server(SharedLab.Replica));
        await connection.SendAsync(new byte[] { 0x00, 0x10, 0x00, 0x01 });
        Assert.Equal(ErrorCodes.FrameTooLarge, RawConnection.ErrorCode(await connection.ReadAsync()));
        Assert.Null(await connection.ReadAsync());

        // One that keeps sending regardless still learns why.
        using var stubborn = await RawConnection.OpenAsync(lab.Server(SharedLab.Replica));
        await stubborn.SendAsync(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF });
        await stubborn.SendAsync(new byte[500_000]);
        Assert.Equal(ErrorCodes.FrameTooLarge, RawConnection.ErrorCode(await stubborn.ReadAsync()));
    }

    [Theory]
    [MemberData(nameof(Engines.Offered), MemberType = typeof(Engines))]
    public async Task Half_a_frame_and_then_silence_ends_that_connection_only(string engine)
    {
        await lab.SetFactorsAsync(SharedLab.ImpatientSeller, ("engine", engine));
        await using var seller = await lab.NewSellerAsync(SharedLab.ImpatientSeller);
        using var silent = await RawConnection.OpenAsync(lab.Server(SharedLab.ImpatientSeller));
        await silent.SendAsync(new byte[] { 0, 0, 0, 100, (byte)'{' });
        var refusal = silent.ReadAsync();
        while (!refusal.IsCompleted)
        {
            await seller.GetSellerRatingAsync(null, Token);
            await Task.Delay(20, Token);
        }

        Assert.Equal(ErrorCodes.FrameTimeout, RawConnection.ErrorCode(await refusal));
        Assert.Null(await silent.ReadAsync());
        await seller.GetSellerRatingAsync(null, Token);
    }

    [Theory]
    [MemberData(nameof(Engines.Offered), MemberType = typeof(Engines))]
    public async Task A_frame_may_come_byte_by_byte_and_several_at_once(string engine)
    {
        await lab.SetFactorsAsync(SharedLab.Replica, ("engine", engine));
        using var connection = await RawConnection.OpenAsync(lab.Server(SharedLab.Replica));
        var frame = Frame("{\"id\":5,\"op\":\"dance\"}");
        foreach (var one in frame)
        {
            await connection.SendAsync(new[] { one });
        }

        Assert.Equal(5, (await connection.ReadAsync())!.Value.GetProperty("id").GetInt64());
        await connection.SendAsync(Enumerable.Range(10, 100).SelectMany(id => Frame($$"""{"id":{{id}},"op":"dance"}""")).ToArray());
        var answered = new HashSet<long>();
        for (var index = 0; index < 100; index++)
        {
            answered.Add((await connection.ReadAsync())!.Value.GetProperty("id").GetInt64());
        }

        Assert.Equal(Enumerable.Range(10, 100).Select(id => (long)id), answered.Order());
    }

    [Theory]
    [MemberData(nameof(Engines.Offered), MemberType = typeof(Engines))]
    public async Task Who_stops_sending_still_gets_the_answers_to_what_was_sent(string engine)
    {
        await lab.SetFactorsAsync(SharedLab.Replica, ("engine", engine));
        await using var seller = await lab.NewSellerAsync(SharedLab.Replica);
        using var connection = await RawConnection.OpenAsync(lab.Server(SharedLab.Replica));
        for (var id = 1; id <= 5; id++)
        {
            await connection.SendTextAsync($$"""{"id":{{id}},"op":"get_seller_rating","session":"{{seller.Session}}","args":{ } }""");
        }

        connection.CloseSending();
        for (var answered = 0; answered < 5; answered++)
        {
            Assert.True((await connection.ReadAsync())!.Value.GetProperty("ok").GetBoolean());
        }

        Assert.Null(await connection.ReadAsync());
    }

    [Fact]
    public async Task A_connection_too_many_is_told_so_and_room_is_given_again()
    {
        var open = new List<RawConnection>();
        try
        {
            for (var index = 0; index < 20; index++)
            {
                open.Add(await RawConnection.OpenAsync(lab.Server(SharedLab.ImpatientSeller)));
                Assert.Equal(ErrorCodes.UnknownOperation, await open[^1].RefusalOfAsync("{\"id\":1,\"op\":\"dance\"}"));
            }

            using (var tooMany = await RawConnection.OpenAsync(lab.Server(SharedLab.ImpatientSeller)))
            {
                Assert.Equal(ErrorCodes.TooManyConnections, RawConnection.ErrorCode(await tooMany.ReadAsync()));
            }

            open[0].Dispose();
            string? code = null;
            for (var attempt = 0; attempt < 50 && code != ErrorCodes.UnknownOperation; attempt++)
            {
                using var next = await RawConnection.OpenAsync(lab.Server(SharedLab.ImpatientSeller));
                await next.SendTextAsync("{\"id\":1,\"op\":\"dance\"}");
                code = RawConnection.ErrorCode(await next.ReadAsync());
                await Task.Delay(50, Token);
            }

            Assert.Equal(ErrorCodes.UnknownOperation, code);
        }
        finally
        {
            open.ForEach(connection => connection.Dispose());
        }
    }

    [Theory]
    [InlineData("'; DROP TABLE item; --", "'\"\\;--")]
    [InlineData("\" OR 1=1 #", "%_`$@")]
    [InlineData("@n0, @k0 ?", "@k1,?")]
    [InlineData("\\' \\\\ \u2028 \U0001F9C2", "\U0001F41F\U0001F41F")]
    public async Task Sql_metacharacters_are_letters_like_any_other(string name, string keyword)
    {
        await using var seller = await lab.NewSellerAsync();
        await using var buyer = await lab.NewBuyerAsync();
        var id = await seller.RegisterItemAsync(new NewItem(name, 21, [keyword], Condition.Used, 1m, 2), Token);
        var item = await buyer.GetItemAsync(id, Token);
        Assert.Equal((name, keyword, Condition.Used), (item.Name, Assert.Single(item.Keywords), item.Condition));
        Assert.Contains(id, (await buyer.SearchItemsAsync(21, [keyword], Token)).Select(found => found.Id));

        var account = name[..Math.Min(20, name.Length)] + Guid.NewGuid().ToString("N")[..8];
        await using var other = new SellerClient(lab.Server(MarketplaceTopology.SellerServer));
        await other.CreateAccountAsync(account, name + keyword + "padding", Token);
        await StoryTests.RefusedAsync(ErrorCodes.WrongCredentials, () => other.LoginAsync(account, "' OR '1'='1", Token));
        await other.LoginAsync(account, name + keyword + "padding", Token);
    }

    [Fact]
    public async Task What_is_another_sellers_stays_his()
    {
        await using var owner = await lab.NewSellerAsync();
        await using var thief = await lab.NewSellerAsync();
        var id = await owner.RegisterItemAsync(StoryTests.Salt(), Token);
        await StoryTests.RefusedAsync(ErrorCodes.NotOwner, () => thief.ChangeItemPriceAsync(id, 0.01m, Token));
        await StoryTests.RefusedAsync(ErrorCodes.NotOwner, () => thief.UpdateUnitsAsync(id, 0, Token));
        await StoryTests.RefusedAsync(ErrorCodes.NotFound, () => thief.ChangeItemPriceAsync(new ItemId(id.Category + 1, id.Serial), 1m, Token));
        Assert.Equal(2.50m, Assert.Single(await owner.DisplayItemsAsync(Token)).Price);
        Assert.Empty(await thief.DisplayItemsAsync(Token));
    }

    [Fact]
    public async Task Names_are_taken_once_per_role_and_passwords_are_kept_as_hashes()
    {
        var name = lab.NewName("twin");
        await using var seller = new SellerClient(lab.Server(MarketplaceTopology.SellerServer));
        await using var buyer = new BuyerClient(lab.Server(MarketplaceTopology.BuyerServer));
        await seller.CreateAccountAsync(name, "secret secret", Token);
        await StoryTests.RefusedAsync(ErrorCodes.NameTaken, () => seller.CreateAccountAsync(name, "another secret", Token));
        await buyer.CreateAccountAsync(name, "secret secret", Token);
        await StoryTests.RefusedAsync(ErrorCodes.WrongCredentials, () => seller.LoginAsync(name, "another secret", Token));
        await StoryTests.RefusedAsync(ErrorCodes.WrongCredentials, () => seller.LoginAsync(lab.NewName("nobody"), "secret secret", Token));

        var hashes = new[] { "seller", "buyer" }.Select(table => lab.Sql<string>($"SELECT password_hash FROM lab_customer.{table} WHERE name = '{name}'")).ToList();
        Assert.All(hashes, hash => Assert.StartsWith("pbkdf2-sha256$", hash, StringComparison.Ordinal));
        Assert.NotEqual(hashes[0], hashes[1]);
    }

    [Fact]
    public async Task A_slow_reader_holds_nobody_up()
    {
        await using var seller = await lab.NewSellerAsync(SharedLab.Replica);
        await Parallel.ForAsync(0, 2_000, Token, async (_, token) => await seller.RegisterItemAsync(StoryTests.Salt(), token));
        using var slow = await RawConnection.OpenAsync(lab.Server(SharedLab.Replica));
        for (var id = 1; id <= 200; id++)
        {
            await slow.SendTextAsync($$"""{"id":{{id}},"op":"display_items_for_sale","session":"{{seller.Session}}","args":{ } }""");
        }

        // Its replies do not fit into any buffer, and it reads none: others are served all the same.
        await using var other = await lab.NewSellerAsync(SharedLab.Replica);
        for (var request = 0; request < 20; request++)
        {
            await other.GetSellerRatingAsync(null, Token);
        }

        for (var id = 1; id <= 200; id++)
        {
            Assert.True((await slow.ReadAsync())!.Value.GetProperty("ok").GetBoolean());
        }
    }

    private static byte[] Frame(string json)
    {
        var payload = Encoding.UTF8.GetBytes(json);
        return [0, 0, (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];
    }
}
