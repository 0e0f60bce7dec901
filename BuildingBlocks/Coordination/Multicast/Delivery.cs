namespace Lab.Coordination.Multicast;

/// <summary>The end of the order at this member.</summary>
internal sealed class Delivery(IMulticastHost host, OwnMessages own)
{
    /// <summary>Of the latest message.</summary>
    public long Place { get; set; }

    public void Deliver(MulticastBatch batch)
    {
        foreach (var run in batch.Runs)
        {
            if (run.Sender == host.Id)
            {
                own.Delivered(run);
            }

            var content = run.Content;
            for (var index = 0; index < run.Count; index++)
            {
                host.Deliver(++Place, run.Sender, run.First + index, MulticastFormat.TakePayload(ref content));
            }
        }
    }
}
