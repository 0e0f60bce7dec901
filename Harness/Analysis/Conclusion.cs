using Lab.Harness.Archive;

namespace Lab.Harness.Analysis;

/// <summary>How much a conclusion should worry its reader.</summary>
public enum Severity
{
    /// <summary>A finding.</summary>
    Hint,

    /// <summary>Something to look into, or figures to be read with care.</summary>
    Warning,

    /// <summary>A cell failed or gave wrong answers.</summary>
    Error,
}

/// <summary>A sentence about measured cells that is true by computation and says its numbers.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Topic">What it is about, in one or two words; conclusions of one topic are printed together.</param>
/// <param name="Text">One or two sentences of plain text.</param>
/// <param name="Cells">The cells it was computed from; never empty.</param>
public sealed record Conclusion(Severity Severity, string Topic, string Text, IReadOnlyList<CellResult> Cells);

/// <summary>Looks for one kind of finding.</summary>
public interface IAnalyser
{
    /// <summary>What there is to say; nothing where the data for it are missing.</summary>
    /// <param name="cells">The cells of one experiment, without calibration cells, in the order in which they ran.</param>
    IEnumerable<Conclusion> Analyse(IReadOnlyList<CellResult> cells);
}
