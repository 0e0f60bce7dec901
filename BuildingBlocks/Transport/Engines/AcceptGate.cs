using Lab.Transport.Native;
using Microsoft.Extensions.Logging;

namespace Lab.Transport.Engines;

/// <summary>
/// Whether connections can be accepted now. Says once that they cannot and once that they can again: a server out of
/// descriptors tries twenty times per second, and its log must not fill the disk meanwhile.
/// </summary>
internal sealed class AcceptGate(ILogger logger)
{
    /// <summary>Before the next try; who wants to connect waits in the backlog.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const int MaxAcceptsInARow = 256;

    private bool _isClosed;
    private bool _isScarce;

    /// <summary>It failed: wait for <see cref="Pause"/>, then try again.</summary>
    public void Failed(string reason)
    {
        if (!_isClosed)
        {
            _isClosed = true;
            logger.LogWarning("connections cannot be accepted now ({Reason}); they wait until they can", reason);
        }
    }

    /// <summary>Accepts those who wait, at most so many: a storm of them must not keep the caller from what else it has to do.</summary>
    /// <param name="listenerFd">Does not block.</param>
    /// <param name="serve">Gets each descriptor.</param>
    /// <returns>False when nobody can be accepted now: wait for <see cref="Pause"/>, then try again.</returns>
    public bool AcceptAll(int listenerFd, Action<int> serve)
    {
        for (var turn = 0; turn < MaxAcceptsInARow; turn++)
        {
            if (!MayAccept())
            {
                return false;
            }

            var fd = NativeTcp.Accept(listenerFd);
            if (fd >= 0)
            {
                Accepted(fd);
                serve(fd);
            }
            else if (fd == -Errno.TryAgain)
            {
                return true;
            }
            else if (fd is -Errno.TooManyFiles or -Errno.TooManyFilesInSystem or -Errno.NoMemory or -Errno.NoBuffers)
            {
                Failed(Errno.Describe(-fd));
                return false;
            }

            // Any other failure concerns the one who came and is gone again (man 2 accept).
        }

        return true;
    }

    /// <summary>A connection has been accepted and is served.</summary>
    /// <param name="descriptor">The kernel gives the lowest number that is free: a high one means that few are left.</param>
    public void Accepted(int descriptor)
    {
        _isScarce = !DescriptorLimit.HasReserveAbove(descriptor);
        if (_isClosed && !_isScarce)
        {
            _isClosed = false;
            logger.LogInformation("connections are accepted again");
        }
    }

    /// <summary>
    /// False while the last descriptors are left: the runtime needs them itself, for a file or a thread, and ends the process
    /// when it gets none.
    /// </summary>
    public bool MayAccept()
    {
        if (_isScarce)
        {
            _isScarce = !DescriptorLimit.HasReserveAbove(DescriptorLimit.LowestFree());
            if (_isScarce)
            {
                Failed("nearly all descriptors are in use");
            }
        }

        return !_isScarce;
    }
}
