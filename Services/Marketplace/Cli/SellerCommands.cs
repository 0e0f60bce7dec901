using System.CommandLine;
using Lab.Marketplace.Client;
using Lab.Marketplace.Domain;
using Spectre.Console;

namespace Lab.Marketplace.Cli;

/// <summary>What a seller can do.</summary>
internal static class SellerCommands
{
    public static IEnumerable<Command> All(CliContext<SellerClient> cli)
    {
        foreach (var command in cli.AccountOperations())
        {
            yield return command;
        }

        yield return GetSellerRating(cli);
        yield return RegisterItem(cli);
        yield return ChangePrice(cli);
        yield return UpdateUnits(cli);
        yield return cli.Operation("display_items_for_sale", "List your items.", async (seller, _, token) =>
            Tables.Write(await seller.DisplayItemsAsync(token)));
    }

    private static Command GetSellerRating(CliContext<SellerClient> cli)
    {
        var id = new Option<long?>("--seller") { Description = "A seller's id; without it, your own rating." };
        return cli.Operation("get_seller_rating", "Thumbs up and down of a seller.", async (seller, arguments, token) =>
            Tables.Write(await seller.GetSellerRatingAsync(arguments.GetValue(id), token)), id);
    }

    private static Command RegisterItem(CliContext<SellerClient> cli)
    {
        var name = CliContext<SellerClient>.Required<string>("--name", "What it is, up to 32 characters.");
        var category = CliContext<SellerClient>.Required<int>("--category", "A category number.");
        var keywords = new Option<string[]>("--keywords")
        {
            Description = "Up to 5 keywords of up to 8 characters.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };
        var condition = new Option<string>("--condition") { Description = "new or used.", DefaultValueFactory = _ => "new" };
        condition.AcceptOnlyFromAmong("new", "used");
        var price = CliContext<SellerClient>.Required<decimal>("--price", "Price of one unit.");
        var quantity = new Option<int>("--quantity") { Description = "Units for sale.", DefaultValueFactory = _ => 1 };
        return cli.Operation("register_item_for_sale", "Offer an item.", async (seller, arguments, token) =>
        {
            var item = await seller.RegisterItemAsync(
                new NewItem(
                    arguments.GetRequiredValue(name),
                    arguments.GetRequiredValue(category),
                    arguments.GetRequiredValue(keywords),
                    arguments.GetRequiredValue(condition) == "new" ? Condition.New : Condition.Used,
                    arguments.GetRequiredValue(price),
                    arguments.GetRequiredValue(quantity)),
                token);
            AnsiConsole.MarkupLineInterpolated($"item [bold]{item}[/] is for sale");
        }, name, category, keywords, condition, price, quantity);
    }

    private static Command ChangePrice(CliContext<SellerClient> cli)
    {
        var item = ItemOption.New();
        var price = CliContext<SellerClient>.Required<decimal>("--price", "The new price of one unit.");
        return cli.Operation("change_item_price", "Change the price of an item of yours.", async (seller, arguments, token) =>
        {
            await seller.ChangeItemPriceAsync(arguments.GetRequiredValue(item), arguments.GetRequiredValue(price), token);
            AnsiConsole.WriteLine("price changed");
        }, item, price);
    }

    private static Command UpdateUnits(CliContext<SellerClient> cli)
    {
        var item = ItemOption.New();
        var quantity = CliContext<SellerClient>.Required<int>("--quantity", "Units for sale from now on.");
        return cli.Operation("update_units_for_sale", "Change how many units of an item of yours are for sale.", async (seller, arguments, token) =>
        {
            await seller.UpdateUnitsAsync(arguments.GetRequiredValue(item), arguments.GetRequiredValue(quantity), token);
            AnsiConsole.WriteLine("units changed");
        }, item, quantity);
    }
}

/// <summary>The option that names an item.</summary>
internal static class ItemOption
{
    public static Option<ItemId> New() => new("--item")
    {
        Description = "An item's id, such as 3-1841.",
        Required = true,
        CustomParser = result =>
        {
            if (ItemId.TryParse(result.Tokens[0].Value, out var id))
            {
                return id;
            }

            result.AddError($"'{result.Tokens[0].Value}' is not an item id such as 3-1841");
            return default;
        },
    };
}
