using Lab.FaultProxy.Client;
using Lab.FaultProxy.Pipeline;

namespace Lab.FaultProxy.Toxics;

/// <summary>
/// A kind of fault with its settings. The public properties of a derived record are the API's <c>attributes</c>; it is
/// registered in <see cref="ToxicTypes"/>.
/// </summary>
internal abstract record ToxicSettings
{
    /// <summary>The longest time an attribute may ask for: a day.</summary>
    protected const long MaxMs = 24 * 60 * 60 * 1000;

    /// <summary>Why these settings make no sense, or null when they do.</summary>
    public abstract string? FindProblem();

    /// <summary>Its work on one direction of one connection.</summary>
    /// <param name="random">The only source of chance a stage may use, so that a seed repeats a run.</param>
    public abstract IToxicStage CreateStage(SeededRandom random);

    protected static string? CheckRange(string attribute, long value, long max) =>
        value >= 0 && value <= max ? null : $"{attribute} must be between 0 and {max}, not {value}";
}

/// <summary>A toxic as it was added to a proxy.</summary>
/// <param name="Name">Unique within the proxy.</param>
/// <param name="Type">Its name in <see cref="ToxicTypes"/>.</param>
/// <param name="Stream">The direction it affects.</param>
/// <param name="Toxicity">The share of connections it affects, 0 to 1.</param>
/// <param name="Settings">What the type can be told.</param>
internal sealed record ToxicEntry(string Name, string Type, ToxicStream Stream, double Toxicity, ToxicSettings Settings);
