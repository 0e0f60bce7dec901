using System.Text.Json;
using Lab.Coordination.Clocks;
using Lab.Coordination.Elections;
using Lab.TradingPost.Market;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.TradingPost;

public class TradingPostJsonTests
{
    private static readonly RequestId Request = new(101, 2, 3);

    public static TheoryData<PeerMessage> Messages =>
    [
        new Electing(ElectionMessageKind.Coordinator, 7),
        new Heartbeat(7, null),
        new Join(5),
        new Welcome(5, 2),
        new Buy(Request, Good.Fish, 2),
        new Deposit(Request, Good.Boar, 2),
        new Done(Request, 7, 0, 15),
        new Done(Request, 7, null, null),
        new Refused(Request, RefusalReason.NoSeller, null, 7),
        new SaleNotice(Request, Good.Salt, 1, 12, 0),
        new Resign(),
        new WhoTrades(5, 0),
        new TraderIs(5, 3, 7),
        new AskStatus(5),
    ];

    [Theory]
    [MemberData(nameof(Messages))]
    public void What_is_written_is_read(PeerMessage message)
    {
        var envelope = new Envelope(9, 101, message with { Clock = VectorClock.Of((1, 2), (101, 7)) });
        var json = JsonSerializer.SerializeToUtf8Bytes(envelope, TradingPostJson.Default.Envelope);
        Assert.Equal(envelope, JsonSerializer.Deserialize(json, TradingPostJson.Default.Envelope));
    }

    [Fact]
    public void A_buy_looks_as_documented() => Assert.Equal(
        """{"id":9,"from":101,"message":{"type":"buy","request":{"participant":101,"session":2,"number":3},"good":"fish","quantity":2,"clock":[1,2,101,7]}}""",
        JsonSerializer.Serialize(
            new Envelope(9, 101, new Buy(Request, Good.Fish, 2) { Clock = VectorClock.Of((1, 2), (101, 7)) }), TradingPostJson.Default.Envelope));

    [Fact]
    public void Accounts_go_into_a_status_by_good()
    {
        var summary = new AccountSummary(1, 2, 3, 4, new Dictionary<Good, long> { [Good.Fish] = 5 }, new Dictionary<Good, long> { [Good.Salt] = 6 });
        var json = JsonSerializer.Serialize(new Envelope(1, 5, new Status(1, 5, 7, null, Good.Salt, [summary])), TradingPostJson.Default.Envelope);
        Assert.Contains("""{"participant":1,"spent":2,"earned":3,"commission":4,"goods":{"fish":5},"stock":{"salt":6}}""", json, StringComparison.Ordinal);
        var read = (Status)JsonSerializer.Deserialize(json, TradingPostJson.Default.Envelope)!.Message;
        Assert.Equal(6, Assert.Single(read.Accounts!).Stock[Good.Salt]);
    }

    [Theory]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","nonce":1}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","nonce":1,"clock":[],"more":1}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","nonce":1,"nonce":2,"clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","nonce":"1","clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","nonce":1,"clock":[1]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","nonce":1,"clock":[2,1,1,1]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"join","nonce":1,"clock":null}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"steal","clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":null}""")]
    [InlineData("""{"id":9,"message":{"type":"resign","clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"buy","request":{"participant":1,"session":1,"number":1},"good":7,"quantity":1,"clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"buy","request":{"participant":1,"session":1,"number":1},"good":"gold","quantity":1,"clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"buy","request":{"participant":1,"session":1},"good":"salt","quantity":1,"clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"buy","request":null,"good":"salt","quantity":1,"clock":[]}}""")]
    [InlineData("""{"id":9,"from":1,"message":{"type":"electing","kind":1,"term":1,"clock":[]}}""")]
    [InlineData("""{"id":9,"from":1e9999,"message":{"type":"resign","clock":[]}}""")]
    public void Everything_else_is_an_error(string json)
    {
        var exception = Assert.ThrowsAny<Exception>(() => JsonSerializer.Deserialize(json, TradingPostJson.Default.Envelope));
        Assert.True(exception is JsonException or NotSupportedException, exception.ToString());
    }

    [Fact]
    public void Records_lines_and_events_are_read_as_they_are_written()
    {
        AccountRecord[] records =
        [
            new Joined(1, 2, 3),
            new Deposited(Request, Good.Salt, 4, VectorClock.Of((1, 1))),
            new Sold(Request, Good.Salt, 4, 1, 5, 60, 12, VectorClock.Of((1, 1)), 2),
        ];
        Assert.All(records, record => Assert.Equal(record, Again(record, TradingPostJson.Default.AccountRecord)));
        Assert.All(records, record => Assert.Equal(new(1, 2, record), Again(new JournalEntry(1, 2, record), TradingPostJson.Default.JournalEntry)));
        LedgerLine[] lines = [new Bought(Request, Good.Salt, 1, 2, 15, 7), new Stored(Request, Good.Boar, 1, 7), new SoldForMe(Request, Good.Fish, 1, 8)];
        Assert.All(lines, line => Assert.Equal(new(1, line), Again(new OwnLine(1, line), TradingPostJson.Default.OwnLine)));
        Assert.All(
            Enum.GetValues<PeerEventKind>(),
            kind => Assert.Equal(new(kind, 1, 2, "why"), Again(new PeerEvent(kind, 1, 2, "why"), TradingPostJson.Default.PeerEvent)));
    }

    private static T Again<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(JsonSerializer.Serialize(value, type), type)!;
}
