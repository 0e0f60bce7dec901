namespace Lab.Marketplace.Server;

/// <summary>Who writes a large reply waits for those who came before.</summary>
internal static class LargeReplies
{
    /// <summary>Items or purchases; more than that is large.</summary>
    public const int ManyRows = 500;

    private static readonly SemaphoreSlim Turns = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <returns>To be disposed of when it is written.</returns>
    public static async ValueTask<IDisposable?> WaitAsync()
    {
        await Turns.WaitAsync();

        // Not on the thread that hears the database: it hears it for everybody.
        await Task.Yield();
        return new Turn();
    }

    private sealed class Turn : IDisposable
    {
        public void Dispose() => Turns.Release();
    }
}
