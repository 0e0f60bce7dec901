using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Lab.Transport.Native;

/// <summary>
/// An io_uring (man 7 io_uring): operations are written into a ring shared with the kernel, handed over by one call for many,
/// and their results read from another ring. Raw system calls; used by one thread, which must be the one that made it.
/// </summary>
internal unsafe class IoUring : IDisposable
{
    private const uint Entries = 1024;
    private const uint SetupCompletionSize = 1 << 3;
    private const uint SetupSingleIssuer = 1 << 12;
    private const uint SetupDeferTaskRun = 1 << 13;
    private const uint EnterGetEvents = 1;
    private const uint EnterExtendedArgument = 8;
    private const uint FeatureSingleMap = 1;
    private const long MapCompletions = 0x8000000;
    private const long MapOperations = 0x10000000;
    private const int OperationBytes = 64;
    private const int CompletionBytes = 16;

    /// <summary>How often a full ring is offered to a kernel that does not take it.</summary>
    private const int MaxAttempts = 100;
    private const int RetryPauseMs = 1;

    private readonly Mapping _rings;
    private readonly Mapping _completionRing;
    private readonly Mapping _operations;
    private readonly uint* _submitHead;
    private readonly uint* _submitTail;
    private readonly uint* _completeHead;
    private readonly uint* _completeTail;
    private readonly uint _completeMask;
    private readonly byte* _completions;
    private readonly uint _submitEntries;
    private readonly uint _submitMask;
    private int _fd;
    private uint _tail;
    private uint _submitted;

    /// <exception cref="Win32Exception">The kernel does not grant it.</exception>
    public IoUring()
    {
        // One thread submits, and wants results only when it asks: the kernel then need not interrupt it (Linux 6.1).
        var parameters = new Parameters { Flags = SetupCompletionSize | SetupSingleIssuer | SetupDeferTaskRun, CompletionEntries = 8 * Entries };
        _fd = (int)Libc.io_uring_setup(Libc.IoUringSetup, Entries, &parameters);
        if (_fd < 0 && Errno.Last == Errno.InvalidArgument)
        {
            parameters = new Parameters { Flags = SetupCompletionSize, CompletionEntries = 8 * Entries };
            _fd = (int)Libc.io_uring_setup(Libc.IoUringSetup, Entries, &parameters);
        }

        Check(_fd, "io_uring_setup");
        try
        {
            var submitBytes = parameters.Submit.Array + (parameters.SubmitEntries * sizeof(uint));
            var completeBytes = parameters.Complete.Array + (parameters.CompletionEntries * CompletionBytes);
            var single = (parameters.Features & FeatureSingleMap) != 0;
            _rings = new Mapping(_fd, single ? Math.Max(submitBytes, completeBytes) : submitBytes, 0);
            _completionRing = single ? _rings : new Mapping(_fd, completeBytes, MapCompletions);
            _operations = new Mapping(_fd, parameters.SubmitEntries * OperationBytes, MapOperations);
        }
        catch
        {
            Dispose();
            throw;
        }

        _submitHead = (uint*)(_rings.Address + parameters.Submit.Head);
        _submitTail = (uint*)(_rings.Address + parameters.Submit.Tail);
        _submitMask = *(uint*)(_rings.Address + parameters.Submit.Mask);
        _submitEntries = parameters.SubmitEntries;
        _completeHead = (uint*)(_completionRing.Address + parameters.Complete.Head);
        _completeTail = (uint*)(_completionRing.Address + parameters.Complete.Tail);
        _completeMask = *(uint*)(_completionRing.Address + parameters.Complete.Mask);
        _completions = _completionRing.Address + parameters.Complete.Array;

        // The n-th place of the ring always holds the n-th operation.
        var array = (uint*)(_rings.Address + parameters.Submit.Array);
        for (uint index = 0; index < _submitEntries; index++)
        {
            array[index] = index;
        }
    }

    private bool IsFull => _tail - Volatile.Read(ref *_submitHead) == _submitEntries;

    /// <summary>Why this machine has no io_uring for this process, or null.</summary>
    public static string? WhyNot()
    {
        try
        {
            using var ring = new IoUring();
            using var buffers = new ProvidedBuffers(ring, group: 1, count: 8, bytes: 64);
            return null;
        }
        catch (Win32Exception exception)
        {
            return $"the kernel does not grant io_uring to this process ({exception.Message})";
        }
    }

    /// <summary>A free place for an operation, all zero; it is handed over with the next <see cref="Enter"/>.</summary>
    /// <exception cref="Win32Exception">All places are taken, and the kernel does not take over what is in them.</exception>
    public ref Operation Next()
    {
        for (var attempt = 1; IsFull; attempt++)
        {
            var errno = Submit(0, EnterGetEvents);
            if (!IsFull)
            {
                break;
            }

            // The kernel is short of memory, or of room for results: for a moment, or for good.
            if (attempt == MaxAttempts)
            {
                throw Failure(errno == 0 ? Errno.Busy : errno, "io_uring_enter");
            }

            Thread.Sleep(RetryPauseMs);
        }

        ref var operation = ref ((Operation*)_operations.Address)[_tail & _submitMask];
        _tail++;
        operation = default;
        return ref operation;
    }

    /// <summary>Hands operations over, and waits until a result is there or the time is over.</summary>
    /// <param name="timeoutMs">-1: waits for ever; 0: does not wait.</param>
    public void Enter(int timeoutMs)
    {
        if (timeoutMs < 0)
        {
            Submit(1, EnterGetEvents);
            return;
        }

        var time = new TimeSpec { Seconds = timeoutMs / 1000, Nanoseconds = timeoutMs % 1000 * 1_000_000L };
        var argument = new EnterArgument { Time = (ulong)&time };
        Submit(timeoutMs == 0 ? 0u : 1u, EnterGetEvents | EnterExtendedArgument, &argument, (nuint)sizeof(EnterArgument));
    }

    /// <summary>The next result, if there is one.</summary>
    public bool TryComplete(out Completion completion)
    {
        var head = *_completeHead;
        if (head == Volatile.Read(ref *_completeTail))
        {
            completion = default;
            return false;
        }

        completion = ((Completion*)_completions)[head & _completeMask];
        Volatile.Write(ref *_completeHead, head + 1);
        return true;
    }

    /// <exception cref="Win32Exception">The kernel refuses.</exception>
    public void Register(uint what, void* argument, uint count) =>
        Check((int)Libc.io_uring_register(Libc.IoUringRegister, _fd, what, argument, count), "io_uring_register");

    public void Dispose()
    {
        // Ended by its descriptor: the kernel cancels what is under way.
        if (Interlocked.Exchange(ref _fd, -1) is >= 0 and var fd)
        {
            _ = Libc.close(fd);
            _operations.Unmap();
            _rings.Unmap();
            if (_completionRing.Address != _rings.Address)
            {
                _completionRing.Unmap();
            }
        }
    }

    /// <returns>0, or why the kernel did not take all or did not wait: it may do so the next time.</returns>
    /// <exception cref="Win32Exception">It never will.</exception>
    private int Submit(uint waitFor, uint flags, void* argument = null, nuint argumentBytes = 0)
    {
        Volatile.Write(ref *_submitTail, _tail);
        var result = CallKernel(_tail - _submitted, waitFor, flags, (nint)argument, argumentBytes);
        if (result >= 0)
        {
            _submitted += (uint)result;
            return 0;
        }

        if (-result is not (Errno.TimeIsOver or Errno.Interrupted or Errno.TryAgain or Errno.Busy))
        {
            throw Failure(-result, "io_uring_enter");
        }

        // The kernel tells how far it came by the head of the ring.
        _submitted = Volatile.Read(ref *_submitHead);
        return -result;
    }

    /// <summary>io_uring_enter(2).</summary>
    /// <returns>Operations that the kernel has taken, or a negated <see cref="Errno"/>.</returns>
    private protected virtual int CallKernel(uint submit, uint waitFor, uint flags, nint argument, nuint argumentBytes)
    {
        var result = (int)Libc.io_uring_enter(Libc.IoUringEnter, _fd, submit, waitFor, flags, (void*)argument, argumentBytes);
        return result >= 0 ? result : -Errno.Last;
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw Failure(Errno.Last, call);
        }
    }

    private static Win32Exception Failure(int errno, string call) => new(errno, $"{call}: {Errno.Describe(errno)}");

    /// <summary>An operation (struct io_uring_sqe).</summary>
    [StructLayout(LayoutKind.Explicit, Size = OperationBytes)]
    public struct Operation
    {
        public const byte PollAdd = 6;
        public const byte Cancel = 14;
        public const byte Send = 26;
        public const byte Receive = 27;
        public const byte SelectBuffer = 1 << 5;
        public const ushort ReceiveMany = 2;
        public const uint PollMany = 1;

        [FieldOffset(0)]
        public byte Code;
        [FieldOffset(1)]
        public byte Flags;
        [FieldOffset(2)]
        public ushort Options;
        [FieldOffset(4)]
        public int Fd;
        [FieldOffset(16)]
        public void* Buffer;
        [FieldOffset(24)]
        public uint Length;
        [FieldOffset(28)]
        public uint CallFlags;
        [FieldOffset(32)]
        public ulong UserData;
        [FieldOffset(40)]
        public ushort BufferGroup;
    }

    /// <summary>A result (struct io_uring_cqe).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Completion
    {
        private const uint HasBuffer = 1;
        private const uint HasMore = 2;

        public ulong UserData;

        /// <summary>As the system call's: negative is a negated <see cref="Errno"/>.</summary>
        public int Result;
        private readonly uint _flags;

        /// <summary>Which of the provided buffers was used, or null.</summary>
        public readonly ushort? BufferId => (_flags & HasBuffer) != 0 ? (ushort)(_flags >> 16) : null;

        /// <summary>More results of the same operation will come.</summary>
        public readonly bool Continues => (_flags & HasMore) != 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct RingOffsets
    {
        public uint Head;
        public uint Tail;
        public uint Mask;
        public uint RingEntries;
        private readonly uint _flagsOrOverflow;
        private readonly uint _droppedOrCompletions;
        private readonly uint _arrayOrFlags;
        private readonly uint _reserved;
        private readonly ulong _userAddress;

        /// <summary>Of the indices in the submission ring; see <see cref="Parameters.Complete"/> for the other ring.</summary>
        public readonly uint Array => _arrayOrFlags;

        public readonly uint Completions => _droppedOrCompletions;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Parameters
    {
        public uint SubmitEntries;
        public uint CompletionEntries;
        public uint Flags;
        private readonly uint _threadProcessor;
        private readonly uint _threadIdle;
        public uint Features;
        private readonly uint _workQueue;
        private readonly uint _reserved0;
        private readonly uint _reserved1;
        private readonly uint _reserved2;
        private RingOffsets _submit;
        private RingOffsets _complete;

        public readonly (uint Head, uint Tail, uint Mask, uint Array) Submit => (_submit.Head, _submit.Tail, _submit.Mask, _submit.Array);

        public readonly (uint Head, uint Tail, uint Mask, uint Array) Complete => (_complete.Head, _complete.Tail, _complete.Mask, _complete.Completions);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct EnterArgument
    {
        public ulong SignalMask;
        public uint SignalMaskBytes;
        public uint MinWaitUs;
        public ulong Time;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>A part of the ring's memory.</summary>
    private readonly struct Mapping
    {
        private const int ReadWrite = 3;
        private const int SharedPopulate = 0x8001;

        private readonly nuint _bytes;

        public Mapping(int fd, uint bytes, long offset)
        {
            _bytes = bytes;
            var address = (nint)Libc.mmap(null, bytes, ReadWrite, SharedPopulate, fd, (nint)offset);
            Check(address == -1 ? -1 : 0, "mmap");
            Address = (byte*)address;
        }

        public byte* Address { get; }

        public void Unmap()
        {
            if (Address != null)
            {
                _ = Libc.munmap(Address, _bytes);
            }
        }
    }
}
