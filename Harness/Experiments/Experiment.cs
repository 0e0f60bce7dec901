using System.Text.Json.Serialization;

namespace Lab.Harness.Experiments;

/// <summary>One file of <c>experiments/</c>: what is varied, how often, and which published figures stand beside it.</summary>
public sealed record Experiment
{
    public required string Name { get; init; }

    /// <summary>The system under load, as named in the topology.</summary>
    public required string System { get; init; }

    public required string Title { get; init; }

    public required string Summary { get; init; }

    /// <summary>The published figures, already read; empty when there are none.</summary>
    public required PublishedFigures Published { get; init; }

    public required IReadOnlyList<CellGroup> Groups { get; init; }
}

/// <summary>A matrix of factors that answers one question.</summary>
public sealed record CellGroup
{
    public required string Name { get; init; }

    /// <summary>The system under load, where it is another than the experiment's.</summary>
    public string? System { get; init; }

    public required string Title { get; init; }

    /// <summary>The question in a reader's words; the report prints it above the figures.</summary>
    public required string Question { get; init; }

    /// <summary>Factor name to values, in file order; a cell is one value of each.</summary>
    public required IReadOnlyList<Factor> Matrix { get; init; }

    /// <summary>How much of the matrix each preset runs; a preset that is not named skips the group.</summary>
    public required IReadOnlyDictionary<string, PresetSample> Presets { get; init; }
}

/// <summary>A factor with its values in file order.</summary>
public sealed record Factor(string Name, IReadOnlyList<string> Values);

/// <summary>A preset's share of a group.</summary>
/// <param name="Iterations">Repetitions of each cell.</param>
/// <param name="OperationsPerClient">Operations every client does in one iteration.</param>
/// <param name="OperationsAtLeast">Operations that all clients of a cell do together at least in one iteration.</param>
/// <param name="OperationsAtMost">
/// Operations that all clients of a cell do together at most over all iterations; cells with more are repeated less often.
/// </param>
/// <param name="Where">A cell runs when it matches any of these selections; empty: every cell runs.</param>
public sealed record PresetSample(
    int Iterations,
    int OperationsPerClient,
    int OperationsAtLeast,
    long OperationsAtMost,
    IReadOnlyList<IReadOnlyDictionary<string, IReadOnlyList<string>>> Where);

/// <summary>One cell to run, with everything resolved.</summary>
public sealed record Cell
{
    public required string Experiment { get; init; }

    public required string Group { get; init; }

    public required string System { get; init; }

    public required string Operation { get; init; }

    /// <summary>All factors but the operation; numbers as <see cref="long"/>, others as <see cref="string"/>.</summary>
    [JsonConverter(typeof(Archive.FactorsConverter))]
    public required IReadOnlyDictionary<string, object> Factors { get; init; }

    public required int Iterations { get; init; }

    public required int OperationsPerClient { get; init; }

    public required Archive.PublishedFigure? Published { get; init; }

    /// <summary>The cell's system, as it describes itself.</summary>
    [JsonIgnore]
    public Archive.SystemInfo Info { get; init; } = new("");

    /// <summary>The cell's operation, as its system describes it.</summary>
    [JsonIgnore]
    public Archive.OperationInfo Does => Info.Operation(Operation);

    /// <summary>Equal for cells that measure the same, whatever the order of their factors.</summary>
    [JsonIgnore]
    public string Identity => string.Join(
        ' ',
        Factors.OrderBy(factor => factor.Key, StringComparer.Ordinal)
            .Select(factor => $"{factor.Key}={factor.Value}")
            .Prepend($"{System} {Operation}"));

    /// <summary>A numeric factor.</summary>
    /// <exception cref="KeyNotFoundException">The cell has no such factor.</exception>
    public int Number(string factor) => checked((int)(long)Factors[factor]);

    /// <summary>A numeric factor, or <paramref name="otherwise"/> where the experiment does not vary it.</summary>
    public int Number(string factor, int otherwise) => Factors.ContainsKey(factor) ? Number(factor) : otherwise;

    /// <summary>A factor that is a word, or <paramref name="otherwise"/> where the experiment does not vary it.</summary>
    public string Word(string factor, string otherwise) => Factors.TryGetValue(factor, out var value) ? (string)value : otherwise;

    /// <summary>Where it runs: on this machine alone unless the experiment says otherwise.</summary>
    [JsonIgnore]
    public string Deployment => Word(CommonFactors.Deployment, CommonFactors.Local);

    /// <summary>Short name for progress lines: <c>search clients=10 engine=async</c>.</summary>
    public override string ToString() =>
        $"{Operation} {string.Join(' ', Factors.Select(factor => $"{factor.Key}={factor.Value}"))}";
}
