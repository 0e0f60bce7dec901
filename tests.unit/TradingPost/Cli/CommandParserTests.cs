using Lab.TradingPost.Cli;
using Lab.TradingPost.Market;

namespace Lab.Tests.Unit.TradingPost.Cli;

public class CommandParserTests
{
    [Fact]
    public void Every_command_is_understood()
    {
        Assert.Equal(new SteerPeer(SteerAction.Kill, null), CommandParser.Parse("kill trader"));
        Assert.Equal(new SteerPeer(SteerAction.Kill, 3), CommandParser.Parse("  KILL   3 "));
        Assert.Equal(new SteerPeer(SteerAction.Pause, 3), CommandParser.Parse("pause 3"));
        Assert.Equal(new SteerPeer(SteerAction.Resume, 3), CommandParser.Parse("resume 3"));
        Assert.Equal(new SteerPeer(SteerAction.Restart, 5), CommandParser.Parse("restart 5"));
        Assert.Equal(new SteerPeer(SteerAction.Resign, null), CommandParser.Parse("resign"));
        Assert.Equal(new DepositGoods(Good.Salt, 10), CommandParser.Parse("deposit salt 10"));
        Assert.Equal(new BuyGoods(Good.Fish, 2), CommandParser.Parse("buy fish 2"));
        Assert.Equal(new BuyGoods(Good.Boar, 1), CommandParser.Parse("buy boar"));
        Assert.Equal(new ShowStatus(AsJson: true), CommandParser.Parse("status --json"));
        Assert.Equal(new ShowStatus(AsJson: false), CommandParser.Parse("status"));
        Assert.Equal(new ReopenMarket(), CommandParser.Parse("reopen"));
        Assert.Equal(new RepairJournal(IsAgreed: false), CommandParser.Parse("repair"));
        Assert.Equal(new RepairJournal(IsAgreed: true), CommandParser.Parse("repair --yes"));
        Assert.Equal(new ShowHelp(), CommandParser.Parse("help"));
        Assert.Equal(new Quit(), CommandParser.Parse("quit"));
        Assert.Null(CommandParser.Parse("   "));
    }

    [Fact]
    public void A_market_is_opened_with_its_settings()
    {
        Assert.Equal(new OpenNewMarket(MarketSettings.ForWatching), CommandParser.Parse("open"));
        Assert.Equal(
            new OpenNewMarket(new MarketSettings
            {
                Peers = 12,
                Sellers = 3,
                Stock = 5,
                Seed = 7,
                Accounts = AccountsKind.MySql,
                Election = Design.AsPublished,
                Writes = Design.AsPublished,
                ThroughLinks = true,
                BuyEveryMs = 20,
            }),
            CommandParser.Parse(
                "open peers=12 sellers=3 stock=5 seed=7 accounts=mysql election=as-published writes=as-published links=on buy_every_ms=20"));
        Assert.Equal(new OpenNewMarket(new MarketSettings()), CommandParser.Parse("open buy_every_ms=off"));
    }

    [Theory]
    [InlineData("shoot 3", "there is no command 'shoot'")]
    [InlineData("kill", "kill trader")]
    [InlineData("kill -3", "kill trader")]
    [InlineData("kill 3 4", "kill trader")]
    [InlineData("resign 3", "'resign' knows no '3'")]
    [InlineData("repair now", "'repair' knows no 'now'")]
    [InlineData("buy gold 2", "salt, fish, boar")]
    [InlineData("buy 1 2", "salt, fish, boar")]
    [InlineData("buy fish 0", "'0' is no number of pieces")]
    [InlineData("buy fish many", "'many' is no number of pieces")]
    [InlineData("buy fish 2 3", "salt, fish, boar")]
    [InlineData("open peers", "'peers' is no setting")]
    [InlineData("open peers=six", "peers wants a number, not 'six'")]
    [InlineData("open accounts=paper", "it can be: file, mysql")]
    [InlineData("status --xml", "'status' knows no '--xml'")]
    public void What_is_wrong_is_said(string line, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => CommandParser.Parse(line)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_help_shows_every_command_as_it_can_be_typed()
    {
        var first = CommandParser.Help.Where(line => !line.StartsWith(' ')).Select(line => line.Split("  ")[0].Split(" | ")[0].Split('[')[0]);
        Assert.All(first.SelectMany(command => command.Split(", ")), command => Assert.NotNull(CommandParser.Parse(command)));
    }

    [Theory]
    [InlineData("ki", "kill ")]
    [InlineData("re", "re")]
    [InlineData("kill t", "kill trader ")]
    [InlineData("buy f", "buy fish ")]
    [InlineData("open acc", "open accounts=")]
    [InlineData("buy fish 2", "buy fish 2")]
    [InlineData("", "")]
    public void What_is_clear_is_completed(string line, string completed) => Assert.Equal(completed, CommandParser.Complete(line));
}
