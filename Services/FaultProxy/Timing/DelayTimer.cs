namespace Lab.FaultProxy.Timing;

/// <summary>
/// Something that wants to be called at a time. Made once and set as often as needed, see <see cref="TimerThread"/>.
/// </summary>
/// <param name="onDue">Runs on the timer thread, so it must neither block nor throw; gets the time in ns.</param>
internal sealed class DelayTimer(Action<long> onDue)
{
    public Action<long> OnDue { get; } = onDue;

    /// <summary>Belongs to <see cref="TimerHeap"/>.</summary>
    public long DueNs { get; set; }

    /// <summary>Belongs to <see cref="TimerHeap"/>; negative while the timer is not set.</summary>
    public int HeapIndex { get; set; } = -1;
}
