using System.Text;
using System.Text.Json;
using Lab.Coordination.Clocks;
using Lab.TradingPost.Market;
using Lab.TradingPost.Protocol;
using Lab.Transport.Frames;

namespace Lab.Tests.Unit.TradingPost.Running;

public class EnvelopeFramesTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        var envelope = new Envelope(7, 100, new Buy(new RequestId(100, 2, 3), Good.Boar, 4) { Clock = VectorClock.Zero.Tick(100).Tick(3) });
        using var frame = EnvelopeFrames.Write(envelope);
        var payload = frame.Wire.Span[FrameFormat.HeaderBytes..];
        Assert.Equal(envelope, EnvelopeFrames.Read(payload));
        Assert.Equal(7, EnvelopeFrames.ReadId(payload));
        Assert.Null(EnvelopeFrames.ReadError(payload));
    }

    [Theory]
    [InlineData(5L)]
    [InlineData(null)]
    public void An_error_is_no_envelope_and_says_what_it_answers(long? id)
    {
        using var frame = EnvelopeFrames.WriteError(id, "not so");
        var payload = frame.Wire[FrameFormat.HeaderBytes..];
        Assert.Equal(id, EnvelopeFrames.ReadId(payload.Span));
        Assert.Equal("not so", EnvelopeFrames.ReadError(payload.Span));
        Assert.Throws<JsonException>(() => EnvelopeFrames.Read(payload.Span));
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("")]
    [InlineData("{\"id\":")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"error\":\"\\udc00\"}")]
    public void Anything_else_answers_nothing(string text)
    {
        Assert.Null(EnvelopeFrames.ReadId(Encoding.UTF8.GetBytes(text)));
        Assert.Null(EnvelopeFrames.ReadError(Encoding.UTF8.GetBytes(text)));
    }
}
