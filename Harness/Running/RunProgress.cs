using Lab.Harness.Experiments;

namespace Lab.Harness.Running;

/// <summary>How far a run has come, after every step of it.</summary>
/// <param name="Step">What happens now: <c>preparing</c>, <c>warming up</c>, <c>iteration 2 of 10</c>, <c>checking</c>.</param>
/// <param name="Cell">The cell concerned, or null.</param>
/// <param name="Done">Iterations that have run.</param>
/// <param name="Total">Iterations of the whole run.</param>
/// <param name="RateOps">Operations per second of the last iteration or warm-up window; null before.</param>
/// <param name="TimeLeft">An estimate; null before there is ground for one.</param>
public sealed record RunProgress(string Step, Cell? Cell, int Done, int Total, double? RateOps, TimeSpan? TimeLeft);
