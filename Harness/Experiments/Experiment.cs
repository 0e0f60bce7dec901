using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Lab.Harness.Experiments;

/// <summary>One file of <c>experiments/</c>: what is varied, how often, and which published figures stand beside it.</summary>
[Description("What is varied, how often it is repeated, and which published figures stand beside it. Which factors and values a system understands the lab checks itself, see docs/experiments.md.")]
public sealed record Experiment
{
    internal const string NamePattern = "^[a-z][a-z0-9_-]{0,63}$";
    internal const string NameExpected = "small letters, digits, dashes and underscores, beginning with a letter, at most 64";
    internal const string LinePattern = "^\\S[^\\r\\n]*\\n?$";
    internal const string LineExpected = "one line of text";
    internal const int LongestLine = 200;
    internal const string TextPattern = "^\\S[\\s\\S]*$";
    internal const string TextExpected = "text that does not begin with a space";
    internal const int LongestText = 4000;

    [Description("the file's name without .yaml")]
    [RegularExpression(NamePattern, ErrorMessage = NameExpected)]
    public required string Name { get; init; }

    /// <summary>The system under load, as named in the topology.</summary>
    [Description("the name of the system under load")]
    [RegularExpression(NamePattern, ErrorMessage = NameExpected)]
    public required string System { get; init; }

    [Description("a heading for the report")]
    [RegularExpression(LinePattern, ErrorMessage = LineExpected)]
    [StringLength(LongestLine)]
    public required string Title { get; init; }

    [Description("what the experiment is about, for readers of the report")]
    [RegularExpression(TextPattern, ErrorMessage = TextExpected)]
    [StringLength(LongestText)]
    public required string Summary { get; init; }

    [Description("the file in experiments/published/ with the figures of a report")]
    [JsonPropertyName("published")]
    [StringLength(100)]
    public string? PublishedFile { get; init; }

    [Description("the groups of cells, one per question")]
    [Length(1, 100)]
    public required IReadOnlyList<CellGroup> Groups { get; init; }

    /// <summary>The published figures, already read; empty when there are none.</summary>
    [JsonIgnore]
    public PublishedFigures Published { get; init; } = PublishedFigures.None;
}

/// <summary>A matrix of factors that answers one question.</summary>
[Description("a matrix of factors that answers one question")]
public sealed record CellGroup
{
    [Description("the group's name, once per experiment")]
    [RegularExpression(Experiment.NamePattern, ErrorMessage = Experiment.NameExpected)]
    public required string Name { get; init; }

    /// <summary>The system under load, where it is another than the experiment's.</summary>
    [Description("the system under load, if not the experiment's")]
    [RegularExpression(Experiment.NamePattern, ErrorMessage = Experiment.NameExpected)]
    public string? System { get; init; }

    [Description("a heading for the report")]
    [RegularExpression(Experiment.LinePattern, ErrorMessage = Experiment.LineExpected)]
    [StringLength(Experiment.LongestLine)]
    public required string Title { get; init; }

    /// <summary>The question in a reader's words; the report prints it above the figures.</summary>
    [Description("the question that the group answers")]
    [RegularExpression(Experiment.TextPattern, ErrorMessage = Experiment.TextExpected)]
    [StringLength(Experiment.LongestText)]
    public required string Question { get; init; }

    /// <summary>Factor name to values, in file order; a cell is one value of each.</summary>
    [Description("factors with their values; a cell is one value of each")]
    [MatrixValues]
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Matrix { get; init; }

    /// <summary>The share of a cell's operations that may fail, 0 to 1; with more its verdict is not true.</summary>
    [Description("the share of a cell's operations that may fail, 0 to 1, because the group injects faults; with more, and without this key with any, the cell's verdict is not true")]
    [Range(0.0, 1.0)]
    public double ErrorsAtMost { get; init; }

    /// <summary>How much of the matrix each preset runs; a preset that is not named skips the group.</summary>
    [Description("how much of the matrix each preset runs; a preset that is not named skips the group")]
    [Keys("quick", "full")]
    [MinLength(1)]
    public required IReadOnlyDictionary<string, PresetSample> Presets { get; init; }
}

/// <summary>A preset's share of a group.</summary>
[Description("how often, and optionally which cells")]
public sealed record PresetSample
{
    private const int MostOperations = 1_000_000;

    /// <summary>Repetitions of each cell.</summary>
    [Description("how often each cell is repeated, 1 to 1000 times")]
    [Range(1, 1000)]
    public required int Iterations { get; init; }

    /// <summary>Operations every client does in one iteration.</summary>
    [Description("how many operations every client does in one iteration, 1 to 1000000")]
    [Range(1, MostOperations)]
    public required int OperationsPerClient { get; init; }

    /// <summary>Operations that all clients of a cell do together at least in one iteration.</summary>
    [Description("how many operations all clients of a cell do together at least in one iteration, 1 to 1000000")]
    [Range(1, MostOperations)]
    public int OperationsAtLeast { get; init; } = 1;

    /// <summary>
    /// Operations that all clients of a cell do together at most over all iterations; cells with more are repeated less often.
    /// </summary>
    [Description("how many operations all clients of a cell do together at most over all iterations, 1 to 1000000000; cells with more are repeated less often")]
    [Range(1, 1000 * MostOperations)]
    public long OperationsAtMost { get; init; } = long.MaxValue;

    /// <summary>A cell runs when it matches any of these selections; empty: every cell runs.</summary>
    [Description("selections: factors with the values to select, all of which a cell must match; a cell runs when it matches any of them, all cells run without this key")]
    [Length(1, 100)]
    [MatrixValues]
    public IReadOnlyList<IReadOnlyDictionary<string, IReadOnlyList<string>>> Where { get; init; } = [];
}

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

    /// <summary>The share of its operations that may fail, 0 to 1.</summary>
    public double ErrorsAtMost { get; init; }

    public required Archive.PublishedFigure? Published { get; init; }

    /// <summary>The cell's system, as it describes itself.</summary>
    [JsonIgnore]
    public Archive.SystemInfo Info { get; init; } = new("");

    /// <summary>The cell's operation, as its system describes it.</summary>
    [JsonIgnore]
    public Archive.OperationInfo Does => Info.Operation(Operation);

    /// <summary>Equal for cells that measure the same, whatever the order of their factors.</summary>
    [JsonIgnore]
    public string Identity => IdentityOf(System, Operation, Factors);

    /// <inheritdoc cref="Identity"/>
    public static string IdentityOf(string system, string operation, IReadOnlyDictionary<string, object> factors) => string.Join(
        ' ',
        factors.OrderBy(factor => factor.Key, StringComparer.Ordinal)
            .Select(factor => $"{factor.Key}={factor.Value}")
            .Prepend($"{system} {operation}"));

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
