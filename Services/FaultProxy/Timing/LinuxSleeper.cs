using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lab.FaultProxy.Timing;

/// <summary>
/// Waits in <c>ppoll(2)</c>, whose timeout is in nanoseconds, on an <c>eventfd(2)</c> that wakes it. The waits of the
/// runtime are in whole milliseconds.
/// </summary>
internal sealed partial class LinuxSleeper : Sleeper
{
    private const int EventNonBlocking = 0x800;
    private const int EventCloseOnExec = 0x80000;
    private const int SetTimerSlack = 29;
    private const short Readable = 1;

    /// <summary>
    /// A processor that has slept for long is slow to wake. A long sleep therefore ends this much early, and a short one
    /// takes the rest: half the error for one more system call.
    /// </summary>
    private const long LastStepNs = 250_000;

    private readonly int _eventFd;
    private readonly SafeFileHandle _event;

    public LinuxSleeper()
    {
        _eventFd = eventfd(0, EventNonBlocking | EventCloseOnExec);
        if (_eventFd < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd failed");
        }

        _event = new SafeFileHandle(_eventFd, ownsHandle: true);
    }

    /// <summary>The kernel may end a thread's sleep up to 50 us late to save power, unless the thread asks for 1 ns.</summary>
    public override void PrepareThread() => _ = prctl(SetTimerSlack, 1, 0, 0, 0);

    public override unsafe void SleepUntil(long dueNs)
    {
        var poll = new PollFd { Fd = _eventFd, Events = Readable };
        int ready;
        if (dueNs == long.MaxValue)
        {
            ready = ppoll(&poll, 1, null, null);
        }
        else
        {
            var remainingNs = Math.Max(0, dueNs - MonotonicClock.NowNs);
            remainingNs -= remainingNs > 2 * LastStepNs ? LastStepNs : 0;
            var timeout = new TimeSpec
            {
                Seconds = (nint)(remainingNs / MonotonicClock.NsPerSecond),
                Nanoseconds = (nint)(remainingNs % MonotonicClock.NsPerSecond),
            };
            ready = ppoll(&poll, 1, &timeout, null);
        }

        if (ready > 0)
        {
            ulong wakes;
            _ = read(_eventFd, &wakes, sizeof(ulong));
        }
    }

    public override unsafe void Wake()
    {
        var one = 1UL;
        try
        {
            _ = write(_event, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The timer thread ended between the caller's look and this call: there is nobody to wake.
        }
    }

    protected override void Dispose(bool disposing) => _event.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initialValue, int flags);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc")]
    private static unsafe partial int ppoll(PollFd* fds, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc")]
    private static unsafe partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport("libc")]
    private static unsafe partial nint write(SafeFileHandle file, void* buffer, nuint count);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
