using System.Net.Http.Json;
using System.Text.Json;
using CsCheck;
using Lab.Tests.Unit.FaultProxy;

namespace Lab.Tests.Unit.Fuzzing;

/// <summary>Whatever is sent to the fault proxy's API, it is done or refused with a reason; the proxy lives on.</summary>
public class FaultProxyApiFuzz
{
    private static readonly string[] Paths =
        ["/proxies", "/populate", "/proxies/known", "/proxies/known/toxics", "/proxies/known/toxics/slow", "/proxies/%ud800", "/reset", "/version"];

    [Fact]
    public async Task A_body_is_taken_or_refused_with_a_reason()
    {
        await using var proxy = await RunningFaultProxy.StartAsync();
        using var upstream = TestUpstream.Echo();
        await proxy.AddProxyAsync("known", upstream.Address);
        using var slow = await proxy.Http.PostAsync(
            new Uri("/proxies/known/toxics", UriKind.Relative),
            JsonContent.Create(new { name = "slow", type = "latency", attributes = new { latency = 1 } }), TestContext.Current.CancellationToken);
        Assert.True(slow.IsSuccessStatusCode);

        var names = HostileJson.Names("name", "listen", "upstream", "type", "stream", "toxicity", "attributes", "latency", "jitter", "enabled_");
        var body = Fuzz.Weighted((3, HostileJson.Object(names)), (1, HostileJson.Object(names).Array[0, 3].Select(items => $"[{string.Join(',', items)}]")), (1, HostileJson.Value(names)));
        var input = Gen.Select(Gen.Byte, Fuzz.Damaged(body), (path, bytes) => (byte[])[path, .. bytes]);
        Fuzz.Check("FaultProxyApi", input, bytes => Check(proxy.Http, bytes));
    }

    /// <param name="http">To the proxy.</param>
    /// <param name="input">Which path, and the body.</param>
    private static void Check(HttpClient http, byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        using var request = new HttpRequestMessage((input[0] & 0x80) == 0 ? HttpMethod.Post : HttpMethod.Patch, Paths[(input[0] & 0x7f) % Paths.Length])
        {
            Content = new ByteArrayContent(input[1..]),
        };
        using var reply = http.Send(request, TestContext.Current.CancellationToken);
        Assert.InRange((int)reply.StatusCode, 200, 499);
        if (!reply.IsSuccessStatusCode)
        {
            using var error = JsonDocument.Parse(reply.Content.ReadAsStream(TestContext.Current.CancellationToken));
            Assert.NotEmpty(error.RootElement.GetProperty("error").GetString()!);
        }
    }
}
