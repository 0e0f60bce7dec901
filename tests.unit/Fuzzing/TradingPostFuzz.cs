using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Lab.Journal;
using Lab.Tests.Unit.TradingPost.Accounts;
using Lab.TradingPost.Accounts;
using Lab.TradingPost.Protocol;

namespace Lab.Tests.Unit.Fuzzing;

/// <summary>A message is one or is refused; a journal is read or is said to be damaged.</summary>
public sealed class TradingPostFuzz : IDisposable
{
    private static readonly Gen<string> Names = HostileJson.Names(
        "id", "from", "message", "type", "term", "trader", "segment", "writer", "base", "offset", "state", "participant", "session", "nonce", "request", "number", "good",
        "quantity", "seller", "price", "commission", "clock", "round", "$type");

    private readonly JournalFolderOfATest _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_envelope_is_read_or_refused()
    {
        var message = Gen.Select(
            Gen.OneOf("joined", "join", "goodsRequest", "whoTrades", "askStatus", "resign", "heartbeat", "election"), HostileJson.Object(Names),
            (type, rest) => rest.Length > 2 ? $"{{\"type\":\"{type}\",{rest[1..]}" : $"{{\"type\":\"{type}\"}}");
        var envelope = Fuzz.Weighted(
            (3, message.Select(text => $"{{\"id\":1,\"from\":1000,\"message\":{text}}}")), (1, HostileJson.Object(Names)));
        Fuzz.Check("Envelopes", Fuzz.Damaged(envelope), payload =>
        {
            try
            {
                _ = EnvelopeFrames.Read(payload);
            }
            catch (Exception refusal) when (refusal is JsonException or NotSupportedException or ArgumentException or OverflowException)
            {
                // What whoever reads envelopes expects.
            }
        });
    }

    [Fact]
    public void A_journal_is_read_or_said_to_be_damaged()
    {
        var record = Gen.Select(Gen.OneOf("joined", "deposited", "sold", "stolen"), HostileJson.Object(Names), (type, rest) =>
            rest.Length > 2 ? $"{{\"type\":\"{type}\",{rest[1..]}" : $"{{\"type\":\"{type}\"}}");
        var joined = Gen.Const("[{\"type\":\"joined\",\"participant\":1,\"session\":1,\"nonce\":5}]");
        var claim = Fuzz.Weighted(
            (6, Gen.Const("{\"segment\":1,\"writer\":2,\"base\":null,\"state\":{}}")), (1, HostileJson.Object(Names)));
        var line = Fuzz.Weighted((3, joined), (3, record.Array[0, 3].Select(records => $"[{string.Join(',', records)}]")), (1, HostileJson.Value(Names)));
        var file = Gen.Select(claim, line.Array[0, 5], (first, rest) => string.Concat(rest.Prepend(first).Select(Checked)));
        Fuzz.Check("Journals", Fuzz.Damaged(file), content =>
        {
            File.WriteAllBytes(_folder.Journal(1), content);
            try
            {
                _ = AccountsFactory.ReadHistory(_folder.Settings).Count();
            }
            catch (IOException damage)
            {
                Assert.NotEmpty(damage.Message);
            }
        });
    }

    /// <summary>With the right check digits: what is behind them is looked at.</summary>
    private static string Checked(string json) =>
        string.Create(CultureInfo.InvariantCulture, $"{JournalLine.Crc32C(Encoding.UTF8.GetBytes(json)):x8} {json}\n");
}
