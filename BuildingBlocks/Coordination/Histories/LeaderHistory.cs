namespace Lab.Coordination.Histories;

/// <summary>
/// Checks what nodes say about leaders, in whatever order they are asked: no term has two leaders, at each node terms never
/// fall, and nothing is done in a term after something was done in a later one. Each call says what is wrong, or null.
/// </summary>
public sealed class LeaderHistory
{
    private readonly Dictionary<long, (int Leader, int Witness)> _leaders = [];
    private readonly Dictionary<int, long> _terms = [];

    private (long Term, int Leader) _lastAct;

    /// <summary>Terms that somebody led.</summary>
    public int Terms => _leaders.Count;

    /// <summary>A node believes in a leader of a term; null: in none, but knows the term.</summary>
    public string? Observe(int node, long term, int? leader)
    {
        if (term < _terms.GetValueOrDefault(node))
        {
            return $"node {node} went back from term {_terms[node]} to {term}";
        }

        _terms[node] = term;
        return leader is { } leads ? Lead(node, term, leads) : null;
    }

    /// <summary>A leader has done something under its term, such as a write that was not refused; in the order of these acts.</summary>
    public string? Act(long term, int leader)
    {
        if (term < _lastAct.Term)
        {
            return $"{leader} acted in term {term} after {_lastAct.Leader} had acted in term {_lastAct.Term}";
        }

        _lastAct = (term, leader);
        return Lead(leader, term, leader);
    }

    /// <summary>The node's process ended: the next one may know less.</summary>
    public void Forget(int node) => _terms.Remove(node);

    private string? Lead(int node, long term, int leads)
    {
        if (term < 1)
        {
            return $"node {node} follows {leads} in term {term}, and terms begin with 1";
        }

        if (_leaders.TryAdd(term, (leads, node)) || _leaders[term].Leader == leads)
        {
            return null;
        }

        var known = _leaders[term];
        return $"term {term} has two leaders: {known.Leader}, says node {known.Witness}, and {leads}, says node {node}";
    }
}
