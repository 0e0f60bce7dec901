using System.Net.Sockets;
using Lab.Transport.Native;

namespace Lab.Transport.Engines.Loops;

/// <summary>
/// io_uring: as the epoll engine, one thread accepts and workers serve; but a worker asks for receives and sends instead
/// of doing them, and one system call hands over all that its connections want and waits for what has been done.
/// </summary>
/// <param name="workers">Worker threads; as many as there are processors when it is not given.</param>
public sealed class UringEngine(int? workers = null) : IConnectionEngine
{
    public string Name => "uring";

    /// <summary>Why this machine cannot run it, or null.</summary>
    public static string? WhyNot() => OperatingSystem.IsLinux() ? IoUring.WhyNot() : "only Linux has io_uring";

    public Task RunAsync(Socket listener, EngineContext context, CancellationToken stop)
    {
        var table = new ConnectionTable<UringConnection>(context.Limits);
        return AcceptingLoops.RunAsync(
            listener, context, workers ?? Environment.ProcessorCount, index => new UringLoop(context, table, index), stop);
    }
}

/// <summary>A worker with a ring of its own.</summary>
internal sealed unsafe class UringLoop(EngineContext context, ConnectionTable<UringConnection> table, int index)
    : EventLoop(context, $"uring worker {index + 1}")
{
    private const ushort Group = 1;
    private const int ReceiveBuffers = 256;
    private const int ReceiveBufferBytes = 4096;
    private const int KindBits = 2;

    /// <summary>Made by the loop's own thread, to which alone the kernel then answers.</summary>
    private IoUring? _ring;
    private ProvidedBuffers? _received;

    /// <summary>What an operation was about; stands in its user data beside the descriptor.</summary>
    private enum Kind
    {
        Woken,
        Received,
        Sent,
        Stopped,
    }

    public SendBuffers SendBuffers { get; } = new();

    protected override LoopConnection? Adopt(int fd)
    {
        var connection = new UringConnection(fd, this);
        if (!table.TryAdd(connection))
        {
            return null;
        }

        NoteOpened();
        Post(connection);
        return connection;
    }

    /// <summary>Receives again and again, whenever something has come, until it is stopped or the stream ends.</summary>
    public void Receive(int fd)
    {
        ref var operation = ref _ring!.Next();
        operation.Code = IoUring.Operation.Receive;
        operation.Flags = IoUring.Operation.SelectBuffer;
        operation.Options = IoUring.Operation.ReceiveMany;
        operation.Fd = fd;
        operation.BufferGroup = Group;
        operation.UserData = UserData(fd, Kind.Received);
    }

    /// <summary>Ends <see cref="Receive"/>; what the kernel has received until then is still delivered.</summary>
    public void StopReceiving(int fd)
    {
        ref var operation = ref _ring!.Next();
        operation.Code = IoUring.Operation.Cancel;
        operation.Fd = -1;
        operation.Buffer = (void*)UserData(fd, Kind.Received);
        operation.UserData = UserData(fd, Kind.Stopped);
    }

    /// <param name="fd">The connection's descriptor.</param>
    /// <param name="buffer">Must stay as it is until the operation is completed.</param>
    /// <param name="bytes">Of the buffer.</param>
    public void Send(int fd, void* buffer, int bytes)
    {
        ref var operation = ref _ring!.Next();
        operation.Code = IoUring.Operation.Send;
        operation.Fd = fd;
        operation.Buffer = buffer;
        operation.Length = (uint)bytes;
        operation.CallFlags = Constants.SendNoSignal;
        operation.UserData = UserData(fd, Kind.Sent);
    }

    public override void NoteClosed(LoopConnection connection)
    {
        table.Remove(connection);
        base.NoteClosed(connection);
    }

    public override void Dispose()
    {
        _ring?.Dispose();
        _received?.Dispose();
        SendBuffers.Dispose();
        base.Dispose();
    }

    protected override IEnumerable<LoopConnection> Connections() => table.Of(this);

    protected override void ServeEvents(int timeoutMs)
    {
        if (_ring is null)
        {
            _ring = new IoUring();
            _received = new ProvidedBuffers(_ring, Group, ReceiveBuffers, ReceiveBufferBytes);
            WaitForWakeUp();
        }

        _ring.Enter(timeoutMs);
        while (_ring.TryComplete(out var completion))
        {
            Serve(completion);
        }
    }

    private void Serve(IoUring.Completion completion)
    {
        var connection = table[(int)(completion.UserData >> KindBits)];
        switch ((Kind)(completion.UserData & ((1 << KindBits) - 1)))
        {
            case Kind.Woken:
                NoteWoken();
                if (!completion.Continues)
                {
                    WaitForWakeUp();
                }

                break;
            case Kind.Received when completion.BufferId is { } id:
                connection!.CompletedReceive(completion.Result, _received![id], completion.Continues);
                _received.GiveBack(id);
                break;
            case Kind.Received:
                connection!.CompletedReceive(completion.Result, default, completion.Continues);
                break;
            case Kind.Sent:
                connection!.CompletedSend(completion.Result);
                break;
            default:
                // The receive that was stopped reports its own end.
                break;
        }
    }

    private void WaitForWakeUp()
    {
        ref var operation = ref _ring!.Next();
        operation.Code = IoUring.Operation.PollAdd;
        operation.Fd = WakeUp.Fd;
        operation.Length = IoUring.Operation.PollMany;
        operation.CallFlags = (uint)Constants.PollIn;
        operation.UserData = UserData(WakeUp.Fd, Kind.Woken);
    }

    private static ulong UserData(int fd, Kind kind) => ((ulong)(uint)fd << KindBits) | (ulong)kind;
}
