namespace Lab.FaultProxy.Pipeline;

/// <summary>
/// Counts the bytes that wait in the proxy. Each direction of a connection has an account, all of them share one more. A
/// direction whose account is full is not read from, so the sender sees a full TCP window: back-pressure.
/// </summary>
internal sealed class BufferAccount(long limitBytes, BufferAccount? shared = null)
{
    private long _heldBytes;

    public long HeldBytes => Interlocked.Read(ref _heldBytes);

    /// <summary>
    /// A full shared account stops only those that hold something themselves: they look again when their own bytes
    /// leave, so nobody has to be told when the shared one has room again.
    /// </summary>
    public bool IsFull
    {
        get
        {
            var held = HeldBytes;
            return held >= limitBytes || (held > 0 && shared is { IsFull: true });
        }
    }

    public void Take(long bytes)
    {
        Interlocked.Add(ref _heldBytes, bytes);
        shared?.Take(bytes);
    }

    public void Give(long bytes) => Take(-bytes);
}
