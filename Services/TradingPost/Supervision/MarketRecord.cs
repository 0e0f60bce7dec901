using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Journal;
using Lab.TradingPost.Market;

namespace Lab.TradingPost.Supervision;

/// <summary>
/// What a supervisor needs to open its market again after it was killed: on the disk before the first peer of the market runs.
/// </summary>
/// <param name="Number">Of the market; its folder has it in its name.</param>
/// <param name="Settings">What it was opened with.</param>
/// <param name="Reopened">How often it was opened again.</param>
/// <param name="IsRunning">False: it was ended in order, with the supervisor.</param>
internal sealed record MarketRecord(int Number, MarketSettings Settings, int Reopened, bool IsRunning)
{
    /// <summary>Null: there is no market.</summary>
    /// <exception cref="IOException">There is one, and nobody can read which; the message says where.</exception>
    public static MarketRecord? Read(string path)
    {
        if (!Disk.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), MarketRecordJson.Default.MarketRecord) ?? throw new JsonException("it is null");
        }
        catch (JsonException exception)
        {
            throw new IOException($"{path}, which says which market was open, cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>On the disk when it returns, whole, in the place of the one before.</summary>
    /// <exception cref="IOException">It cannot be written; the one before is still there.</exception>
    public void Write(string path) => Disk.Replace(path, JsonSerializer.SerializeToUtf8Bytes(this, MarketRecordJson.Default.MarketRecord));
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MarketRecord))]
internal sealed partial class MarketRecordJson : JsonSerializerContext;
