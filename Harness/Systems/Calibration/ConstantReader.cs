using System.Text.Json;
using System.Text.Json.Serialization;
using Lab.Harness.Load;
using Lab.Transport.Client;

namespace Lab.Harness.Systems.Calibration;

/// <summary>A GET of a constant, read as the loads of systems read their answers: what differs from theirs is the server alone.</summary>
internal sealed partial class ConstantReader(int index, Uri server) : LoadClient(index), IDisposable
{
    private readonly HttpConnection _http = new(TimeSpan.FromSeconds(10));

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        var answer = await _http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, server),
            static async (response, token) => JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(token), ConstantJson.Default.Constant),
            cancellationToken);
        if (answer is not { Answer: "constant" })
        {
            throw new WrongAnswerException("the answer is not the constant");
        }
    }

    public void Dispose() => _http.Dispose();

    internal sealed record Constant(string Answer);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Constant))]
    internal sealed partial class ConstantJson : JsonSerializerContext;
}
