using System.Text;
using Lab.Journal;
using Lab.MedalTally.Tables;

namespace Lab.Tests.Unit.MedalTally;

public class TallyTablesTests
{
    [Fact]
    public void Every_write_is_counted_and_changes_its_own_row_alone()
    {
        var tables = new TallyTables();
        Assert.Equal(new TallyRow(RowKind.Team, 1, 0, 0, 1, 1), tables.Apply(TallyWrite.Increment(1, Medal.Bronze)));
        Assert.Equal(new TallyRow(RowKind.Team, 1, 1, 0, 1, 2), tables.Apply(TallyWrite.Increment(1, Medal.Gold)));
        Assert.Equal(new TallyRow(RowKind.Event, 1, 7, 9, 0, 3), tables.Apply(TallyWrite.SetScore(1, 7, 9)));
        Assert.Equal(new TallyRow(RowKind.Event, 1, 2, 0, 0, 4), tables.Apply(TallyWrite.SetScore(1, 2, 0)));
        Assert.Equal(new TallyRow(RowKind.Team, 1, 1, 1, 1, 5), tables.Apply(TallyWrite.Increment(1, Medal.Silver)));

        Assert.Equal(5, tables.Version);
        var board = tables.ToBoard();
        Assert.Equal(Catalog.Teams.Count + Catalog.Events.Count, board.Rows.Count);
        Assert.Equal(
            [new TallyRow(RowKind.Team, 1, 1, 1, 1, 5), new TallyRow(RowKind.Event, 1, 2, 0, 0, 4)], board.Rows.Where(row => row.Version > 0));
    }

    [Fact]
    public void A_snapshot_brings_back_the_same_board_and_goes_on()
    {
        var tables = Written(1000, seed: 3);
        var restored = TallyTables.FromSnapshot(tables.ToSnapshot());

        Assert.Equal(tables.ToBoard().Rows, restored.ToBoard().Rows);
        Assert.Equal(1000, restored.Version);
        Assert.Equal(tables.Apply(TallyWrite.Increment(0, Medal.Gold)), restored.Apply(TallyWrite.Increment(0, Medal.Gold)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"version\":1}")]
    [InlineData("{\"version\":-1,\"rows\":[]}")]
    [InlineData("{\"version\":1,\"rows\":[{\"kind\":0,\"index\":4,\"version\":1}]}")]
    [InlineData("{\"version\":1,\"rows\":[{\"kind\":0,\"index\":-1,\"version\":1}]}")]
    [InlineData("{\"version\":1,\"rows\":[{\"kind\":1,\"index\":3,\"version\":1}]}")]
    [InlineData("{\"version\":1,\"rows\":[{\"kind\":2,\"index\":0,\"version\":1}]}")]
    [InlineData("{\"version\":1,\"rows\":[{\"kind\":0,\"index\":0,\"first\":-1,\"version\":1}]}")]
    [InlineData("{\"version\":1,\"rows\":[{\"kind\":0,\"index\":0,\"version\":2}]}")]
    public void What_is_no_board_of_this_catalog_is_refused(string snapshot) =>
        Assert.Throws<FormatException>(() => TallyTables.FromSnapshot(Encoding.UTF8.GetBytes(snapshot)));

    [Theory]
    [InlineData(RowKind.Team, 4, Medal.Gold, 0)]
    [InlineData(RowKind.Team, -1, Medal.Gold, 0)]
    [InlineData(RowKind.Team, 0, (Medal)3, 0)]
    [InlineData(RowKind.Event, 3, Medal.Gold, 0)]
    [InlineData(RowKind.Event, 0, Medal.Gold, -1)]
    [InlineData((RowKind)2, 0, Medal.Gold, 0)]
    public void A_record_of_another_catalog_is_refused_and_changes_nothing(RowKind kind, int index, Medal medal, long rome)
    {
        var tables = new TallyTables();
        var state = (IJournalState<TallyTables, TallyWrite>)tables;
        Assert.Throws<InvalidOperationException>(() => state.Apply(new TallyWrite(kind, index, medal, rome, 0), segment: 1));
        Assert.Equal((0, 0), (tables.Version, tables.ToBoard().Rows.Sum(row => row.Version)));
    }

    [Fact]
    public async Task Whoever_reads_while_somebody_writes_sees_no_row_that_never_was()
    {
        var tables = new TallyTables();
        var writing = Task.Run(
            () =>
            {
                for (var round = 1; round <= 20_000; round++)
                {
                    tables.Apply(TallyWrite.SetScore(0, round, 2 * round));
                }
            },
            TestContext.Current.CancellationToken);
        while (!writing.IsCompleted)
        {
            var row = tables.Read(RowKind.Event, 0);
            Assert.Equal((2 * row.First, row.First), (row.Second, row.Version));
        }

        await writing;
        Assert.Equal(20_000, tables.Version);
    }

    private static TallyTables Written(int writes, int seed)
    {
        var (tables, random) = (new TallyTables(), new Random(seed));
        for (var write = 0; write < writes; write++)
        {
            tables.Apply(random.Next(2) == 0
                ? TallyWrite.Increment(random.Next(Catalog.Teams.Count), (Medal)random.Next(3))
                : TallyWrite.SetScore(random.Next(Catalog.Events.Count), random.Next(100), random.Next(100)));
        }

        return tables;
    }
}
