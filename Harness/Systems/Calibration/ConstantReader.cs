using Lab.Harness.Load;
using Lab.Transport.Client;

namespace Lab.Harness.Systems.Calibration;

/// <summary>A GET of a constant, with the HTTP client that the loads of systems use.</summary>
internal sealed class ConstantReader(int index, Uri server) : LoadClient(index), IDisposable
{
    private readonly HttpConnection _http = new(TimeSpan.FromSeconds(10));

    public override async ValueTask OperateAsync(CancellationToken cancellationToken)
    {
        var answer = await _http.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, server), static (response, token) => response.Content.ReadAsByteArrayAsync(token), cancellationToken);
        if (!answer.AsSpan().SequenceEqual("{\"answer\":\"constant\"}"u8))
        {
            throw new WrongAnswerException("the answer is not the constant");
        }
    }

    public void Dispose() => _http.Dispose();
}
