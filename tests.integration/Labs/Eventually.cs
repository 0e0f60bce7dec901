namespace Lab.Tests.Integration.Labs;

/// <summary>What comes true after a while, on a machine that may be busy.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <param name="condition">Asked again and again.</param>
    /// <param name="otherwise">What is wrong when it does not come true.</param>
    public static async Task TrueAsync(Func<bool> condition, string otherwise)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        while (!condition())
        {
            try
            {
                await Task.Delay(Pause, patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail(otherwise);
            }
        }
    }
}
