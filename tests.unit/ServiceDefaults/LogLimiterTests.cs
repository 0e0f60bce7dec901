using Lab.ServiceDefaults;

namespace Lab.Tests.Unit.ServiceDefaults;

public class LogLimiterTests
{
    [Fact]
    public void One_message_per_second_gets_through_and_the_others_are_counted()
    {
        var time = new SteppedTime();
        var limiter = new LogLimiter(time);

        Assert.True(limiter.Allows(out var swallowed));
        Assert.Equal(0, swallowed);

        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(limiter.Allows(out _));
        Assert.False(limiter.Allows(out _));

        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(limiter.Allows(out swallowed));
        Assert.Equal(2, swallowed);

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(limiter.Allows(out swallowed));
        Assert.Equal(0, swallowed);
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;

        public override long GetTimestamp() => _ticks;
    }
}
