namespace Lab.Coordination.Elections;

/// <summary>The others who vote, and which of them need not be asked.</summary>
internal sealed class Voters(int self, IReadOnlyList<int> nodes)
{
    private readonly int[] _others = [.. nodes.Where(node => node != self).Distinct().Order()];
    private readonly HashSet<int> _suspected = [];

    /// <summary>By rising id.</summary>
    public IReadOnlyList<int> Others => _others;

    /// <summary>A node that has resigned: it would not answer before there is a leader again.</summary>
    public int? Declined { get; set; }

    public bool Include(int node) => Array.BinarySearch(_others, node) >= 0;

    public void Suspect(int node) => _suspected.Add(node);

    /// <summary>True when it was suspected.</summary>
    public bool Trust(int node) => _suspected.Remove(node);

    /// <summary>The lowest id above this one, and above the node's own, that may be there.</summary>
    public int? NextHigher(int id)
    {
        foreach (var node in _others)
        {
            if (node > id && node > self && node != Declined && !_suspected.Contains(node))
            {
                return node;
            }
        }

        return null;
    }
}
