using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>
/// The connections of an engine by descriptor, which is what the kernel's events name. Written by the thread that accepts
/// (add) and the connection's loop (remove); read without a lock.
/// </summary>
internal sealed class ConnectionTable<TConnection>
    where TConnection : LoopConnection
{
    /// <summary>Descriptors that a process has besides its connections.</summary>
    private const int OtherDescriptors = 4096;

    private readonly TConnection?[] _byDescriptor;
    private int _end;

    public ConnectionTable(ConnectionLimits limits)
    {
        var descriptors = Math.Min(DescriptorLimit.Raise().Current, (long)limits.MaxConnections + OtherDescriptors);
        _byDescriptor = new TConnection?[descriptors];
    }

    public TConnection? this[int fd] => Volatile.Read(ref _byDescriptor[fd]);

    /// <summary>False when the descriptor is higher than any that the limits allow for.</summary>
    public bool TryAdd(TConnection connection)
    {
        if (connection.Fd >= _byDescriptor.Length)
        {
            return false;
        }

        Volatile.Write(ref _byDescriptor[connection.Fd], connection);
        _end = Math.Max(_end, connection.Fd + 1);
        return true;
    }

    /// <summary>To be called before the descriptor is closed: afterwards it may belong to another connection.</summary>
    public void Remove(LoopConnection connection) => Volatile.Write(ref _byDescriptor[connection.Fd], null);

    public IEnumerable<LoopConnection> Of(EventLoop loop)
    {
        var end = Volatile.Read(ref _end);
        for (var fd = 0; fd < end; fd++)
        {
            if (this[fd] is { } connection && connection.Loop == loop)
            {
                yield return connection;
            }
        }
    }
}
