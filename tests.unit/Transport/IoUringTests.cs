using System.ComponentModel;
using Lab.Transport.Native;

namespace Lab.Tests.Unit.Transport;

/// <summary>The ring itself, with a kernel that is short of memory for a while.</summary>
public class IoUringTests
{
    /// <summary>More than the ring has places for.</summary>
    private const int Operations = 3000;

    private static string? WhyNot => OperatingSystem.IsLinux() ? IoUring.WhyNot() : "only Linux has io_uring";

    [Fact]
    public void A_full_ring_that_the_kernel_does_not_take_at_once_loses_nothing()
    {
        Assert.SkipWhen(WhyNot is not null, WhyNot ?? "");
        using var ring = new RefusingRing { Refusals = 3 };
        for (var number = 0; number < Operations; number++)
        {
            // All zero: an operation that does nothing but complete.
            ring.Next().UserData = (ulong)number;
        }

        var completed = new List<ulong>();
        while (completed.Count < Operations)
        {
            ring.Enter(timeoutMs: 1000);
            var before = completed.Count;
            while (ring.TryComplete(out var completion))
            {
                completed.Add(completion.UserData);
            }

            Assert.True(completed.Count > before, $"{completed.Count} of {Operations} operations were completed");
        }

        Assert.Equal(Enumerable.Range(0, Operations).Select(number => (ulong)number), completed.Order());
    }

    [Fact]
    public void A_full_ring_that_the_kernel_never_takes_is_a_failure()
    {
        Assert.SkipWhen(WhyNot is not null, WhyNot ?? "");
        using var ring = new RefusingRing { Refusals = int.MaxValue };
        var refused = Assert.Throws<Win32Exception>(() =>
        {
            for (var number = 0; number < Operations; number++)
            {
                ring.Next().UserData = (ulong)number;
            }
        });
        Assert.Equal(Errno.TryAgain, refused.NativeErrorCode);
    }

    private sealed class RefusingRing : IoUring
    {
        public int Refusals { get; set; }

        private protected override int CallKernel(uint submit, uint waitFor, uint flags, nint argument, nuint argumentBytes)
        {
            if (Refusals > 0)
            {
                Refusals--;
                return -Errno.TryAgain;
            }

            return base.CallKernel(submit, waitFor, flags, argument, argumentBytes);
        }
    }
}
