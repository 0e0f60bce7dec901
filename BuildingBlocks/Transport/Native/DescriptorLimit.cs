using System.Globalization;

namespace Lab.Transport.Native;

/// <summary>How many descriptors this process may open: every connection takes one.</summary>
/// <param name="Current">In force.</param>
/// <param name="Hard">What the process may raise it to.</param>
public sealed record DescriptorLimit(long Current, long Hard)
{
    /// <summary>Descriptors that are never given to connections.</summary>
    private const int Reserve = 64;

    /// <summary>Raises the limit as far as this process may.</summary>
    /// <returns>What is in force then.</returns>
    public static unsafe DescriptorLimit Raise()
    {
        var limit = Read();
        if (OperatingSystem.IsLinux() && limit.Current < limit.Hard)
        {
            var raised = new Libc.ResourceLimit { Soft = (nuint)limit.Hard, Hard = (nuint)limit.Hard };
            _ = Libc.setrlimit(Constants.LimitOpenFiles, &raised);
            limit = Read();
        }

        return limit;
    }

    /// <summary>What is in force now.</summary>
    public static unsafe DescriptorLimit Read()
    {
        if (!OperatingSystem.IsLinux())
        {
            return new DescriptorLimit(int.MaxValue, int.MaxValue);
        }

        Libc.ResourceLimit limit;
        return Libc.getrlimit(Constants.LimitOpenFiles, &limit) == 0
            ? new DescriptorLimit(Bounded(limit.Soft), Bounded(limit.Hard))
            : new DescriptorLimit(1024, 1024);
    }

    /// <summary>Whether the descriptors above one are enough for what the runtime itself may need.</summary>
    internal static bool HasReserveAbove(int descriptor) => descriptor >= 0 && descriptor + Reserve < Read().Current;

    /// <summary>The number that the next descriptor will get; negative when there is none left.</summary>
    internal static int LowestFree()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        var fd = Libc.eventfd(0, Constants.NonBlockingCloseOnExec);
        if (fd >= 0)
        {
            _ = Libc.close(fd);
        }

        return fd;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Current} open files (hard limit {Hard})");

    private static long Bounded(nuint value) => value > int.MaxValue ? int.MaxValue : (long)value;
}
