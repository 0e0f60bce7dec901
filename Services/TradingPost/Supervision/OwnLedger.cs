using System.Text.Json;
using Lab.TradingPost.Peers;
using Lab.TradingPost.Protocol;

namespace Lab.TradingPost.Supervision;

/// <summary>Reads the file of a peer's own ledger, which may still be written.</summary>
internal static class OwnLedger
{
    /// <summary>Lines that a crash has torn are left out.</summary>
    public static IEnumerable<LedgerLine> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        while (reader.ReadLine() is { } text)
        {
            if (Parse(text) is { } line)
            {
                yield return line;
            }
        }
    }

    private static LedgerLine? Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, TradingPostJson.Default.LedgerLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
