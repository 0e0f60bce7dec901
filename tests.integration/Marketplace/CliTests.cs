using System.Text.RegularExpressions;
using Lab.Tests.Integration.Labs;
using Lab.Topology.Systems;

namespace Lab.Tests.Integration.Marketplace;

/// <summary>The command line, called as its users call it.</summary>
[Collection(SharedLabTests.Name)]
public sealed class CliTests(SharedLab lab) : IDisposable
{
    private readonly string _sessions = Path.Combine(Path.GetTempPath(), "lab-test-" + Guid.NewGuid().ToString("N")[..8]);

    public void Dispose()
    {
        if (Directory.Exists(_sessions))
        {
            Directory.Delete(_sessions, recursive: true);
        }
    }

    [Fact]
    public async Task One_command_after_the_other_sells_and_buys()
    {
        var (seller, buyer, keyword) = (lab.NewName("ann"), lab.NewName("bob"), StoryTests.NewKeyword());
        await OkAsync("seller", "create_account", "--name", seller);
        await OkAsync("seller", "login", "--name", seller);
        var registered = await OkAsync("seller", "register_item_for_sale", "--name", "[bold]sea salt", "--category", "41", "--keywords", keyword, "sea", "--price", "2.50", "--quantity", "40");
        var item = Regex.Match(registered, @"item (\d+-\d+) is for sale", RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;

        await OkAsync("buyer", "create_account", "--name", buyer);
        await OkAsync("buyer", "login", "--name", buyer);
        Assert.Contains("[bold]sea salt", await OkAsync("buyer", "search_items", "--category", "41", "--keywords", keyword), StringComparison.Ordinal);
        await OkAsync("buyer", "add_item_to_cart", "--item", item, "--quantity", "2");
        Assert.Contains("paid 5.00", await OkAsync("buyer", "make_purchase", "--card-number", "4242 4242 4242 4242", "--card-holder", "Bob", "--card-expires", "12/39"), StringComparison.Ordinal);
        Assert.Contains("38", await OkAsync("seller", "display_items_for_sale"), StringComparison.Ordinal);
        await OkAsync("seller", "logout");
        var (code, output) = await RunAsync("seller", "display_items_for_sale");
        Assert.Equal(1, code);
        Assert.Contains("not_logged_in", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_operation_it_asks_for_one_after_the_other()
    {
        var name = lab.NewName("cleo");
        using var prompt = Start("seller");
        foreach (var line in new[] { $"create_account --name {name}", $"login --name {name}", "steal", "change_item_price --item nonsense --price 1", "register_item_for_sale --name \"two words\" --category 1 --price 3", "display_items_for_sale", "exit" })
        {
            await prompt.WriteLineAsync(line);
        }

        Assert.Equal(0, await prompt.WaitForExitAsync());
        Assert.Contains("two words", prompt.Output, StringComparison.Ordinal);
        Assert.Contains("'nonsense' is not an item id", prompt.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_is_kept_where_only_its_owner_reads_it()
    {
        var name = lab.NewName("dora");
        await OkAsync("seller", "create_account", "--name", name);
        await OkAsync("seller", "login", "--name", name);
        var file = Assert.Single(Directory.GetFiles(_sessions));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Theory]
    [InlineData(2, "is not HOST:PORT", "seller", "--server", "nowhere", "display_items_for_sale")]
    [InlineData(2, "Required", "seller", "display_items_for_sale")]
    [InlineData(2, "steal", "seller", "--server", "127.0.0.1:1", "steal")]
    [InlineData(3, "./lab up", "seller", "--server", "127.0.0.1:1", "display_items_for_sale")]
    public async Task What_is_wrong_is_said_with_an_exit_code_that_means_it(int code, string message, params string[] arguments)
    {
        using var program = LabProgram.Start("Marketplace", Environment(), ["marketplace", .. arguments]);
        Assert.Equal(code, await program.WaitForExitAsync());
        Assert.Contains(message, program.Output, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<string> OkAsync(params string[] arguments)
    {
        var (code, output) = await RunAsync(arguments);
        Assert.True(code == 0, output);
        return output;
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using var program = Start(arguments);
        return (await program.WaitForExitAsync(), program.Output);
    }

    private LabProgram Start(params string[] arguments)
    {
        var server = lab.Lab.Endpoints.Services[arguments[0] == "seller" ? MarketplaceTopology.SellerServer : MarketplaceTopology.BuyerServer].Endpoints[MarketplaceTopology.ClientEndpoint];
        return LabProgram.Start("Marketplace", Environment(), ["marketplace", arguments[0], "--server", server, .. arguments[1..]]);
    }

    private Dictionary<string, string> Environment() => new(StringComparer.Ordinal)
    {
        ["LAB_SESSION_FOLDER"] = _sessions,
        ["LAB_PASSWORD"] = "a long password",
    };
}
