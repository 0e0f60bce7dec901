using System.CommandLine;
using System.Globalization;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Spectre.Console;

namespace Lab.Marketplace.Cli;

/// <summary>What a buyer can do.</summary>
internal static class BuyerCommands
{
    public static IEnumerable<Command> All(CliContext<BuyerClient> cli) =>
    [
        .. cli.AccountOperations(),
        SearchItems(cli),
        GetItem(cli),
        GetSellerRating(cli),
        AddItem(cli),
        RemoveItem(cli),
        cli.Operation("display_cart", "Show what is in the cart.", async (buyer, _, token) =>
            Tables.Write(await buyer.DisplayCartAsync(token))),
        cli.Operation("save_cart", "Keep the cart beyond this session.", async (buyer, _, token) =>
        {
            await buyer.SaveCartAsync(token);
            AnsiConsole.WriteLine("cart saved");
        }),
        cli.Operation("clear_cart", "Empty the cart.", async (buyer, _, token) =>
        {
            await buyer.ClearCartAsync(token);
            AnsiConsole.WriteLine("cart is empty");
        }),
        MakePurchase(cli),
        ProvideFeedback(cli),
        cli.Operation("get_buyer_purchases", "List what you bought.", async (buyer, _, token) =>
            Tables.Write(await buyer.GetPurchasesAsync(token))),
    ];

    private static Command SearchItems(CliContext<BuyerClient> cli)
    {
        var category = CliContext<BuyerClient>.Required<int>("--category", "A category number.");
        var keywords = new Option<string[]>("--keywords")
        {
            Description = "Up to 5 keywords; without any, the whole category.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        return cli.Operation("search_items", "Find items of a category, best matches first.", async (buyer, arguments, token) =>
            Tables.Write(await buyer.SearchItemsAsync(arguments.GetRequiredValue(category), arguments.GetRequiredValue(keywords), token)), category, keywords);
    }

    private static Command GetItem(CliContext<BuyerClient> cli)
    {
        var item = ItemOption.New();
        return cli.Operation("get_item", "Show one item.", async (buyer, arguments, token) =>
            Tables.Write([await buyer.GetItemAsync(arguments.GetRequiredValue(item), token)]), item);
    }

    private static Command GetSellerRating(CliContext<BuyerClient> cli)
    {
        var id = CliContext<BuyerClient>.Required<long>("--seller", "A seller's id.");
        return cli.Operation("get_seller_rating", "Thumbs up and down of a seller.", async (buyer, arguments, token) =>
            Tables.Write(await buyer.GetSellerRatingAsync(arguments.GetRequiredValue(id), token)), id);
    }

    private static Command AddItem(CliContext<BuyerClient> cli)
    {
        var (item, quantity) = (ItemOption.New(), Quantity());
        return cli.Operation("add_item_to_cart", "Put units of an item into the cart.", async (buyer, arguments, token) =>
        {
            await buyer.AddItemToCartAsync(arguments.GetRequiredValue(item), arguments.GetRequiredValue(quantity), token);
            AnsiConsole.WriteLine("added");
        }, item, quantity);
    }

    private static Command RemoveItem(CliContext<BuyerClient> cli)
    {
        var (item, quantity) = (ItemOption.New(), Quantity());
        return cli.Operation("remove_item_from_cart", "Take units of an item out of the cart.", async (buyer, arguments, token) =>
        {
            await buyer.RemoveItemFromCartAsync(arguments.GetRequiredValue(item), arguments.GetRequiredValue(quantity), token);
            AnsiConsole.WriteLine("removed");
        }, item, quantity);
    }

    private static Command MakePurchase(CliContext<BuyerClient> cli)
    {
        var number = CliContext<BuyerClient>.Required<string>("--card-number", "4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined.");
        var holder = CliContext<BuyerClient>.Required<string>("--card-holder", "The name on the card.");
        var expires = CliContext<BuyerClient>.Required<string>("--card-expires", "Month and year: 07/29.");
        return cli.Operation("make_purchase", "Buy what is in the cart.", async (buyer, arguments, token) =>
        {
            var receipt = await buyer.MakePurchaseAsync(
                new Card(arguments.GetRequiredValue(number), arguments.GetRequiredValue(holder), arguments.GetRequiredValue(expires)), token);
            Tables.Write(receipt.Lines);
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"paid [bold]{receipt.Amount:0.00}[/]");
        }, number, holder, expires);
    }

    private static Command ProvideFeedback(CliContext<BuyerClient> cli)
    {
        var item = ItemOption.New();
        var thumbs = CliContext<BuyerClient>.Required<string>("--thumbs", "up or down.");
        thumbs.AcceptOnlyFromAmong("up", "down");
        return cli.Operation("provide_feedback", "Thumbs up or down for an item you bought.", async (buyer, arguments, token) =>
        {
            await buyer.ProvideFeedbackAsync(arguments.GetRequiredValue(item), arguments.GetRequiredValue(thumbs) == "up", token);
            AnsiConsole.WriteLine("thank you");
        }, item, thumbs);
    }

    private static Option<int> Quantity() => new("--quantity") { Description = "Units.", DefaultValueFactory = _ => 1 };
}
