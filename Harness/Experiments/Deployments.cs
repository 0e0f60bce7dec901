using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using Lab.Topology;

namespace Lab.Harness.Experiments;

/// <summary>
/// A toxic of the fault proxy, as <c>experiments/deployments.yaml</c> declares it for a class of links.
/// </summary>
[Description("a disturbance of one direction of a link, in Toxiproxy's terms")]
public sealed record LinkToxic
{
    private const int LongestMs = 60_000;

    /// <summary>Toxiproxy's name.</summary>
    [Description("latency")]
    [AllowedValues("latency")]
    public required string Type { get; init; }

    /// <summary><c>upstream</c> (client to server) or <c>downstream</c>; a toxic acts one way only.</summary>
    [Description("upstream (towards the server) or downstream")]
    [AllowedValues("upstream", "downstream")]
    public required string Stream { get; init; }

    /// <summary>Delay added to everything that passes.</summary>
    [Description("delay added to everything that passes, 0 to 60000 ms")]
    [Range(0, LongestMs)]
    public required int LatencyMs { get; init; }

    /// <summary>The delay varies evenly by up to this much, either way.</summary>
    [Description("how far the delay varies either way, 0 ms to latency_ms")]
    [Range(0, LongestMs)]
    public required int JitterMs { get; init; }
}

/// <summary>A place where a system runs, told apart by what its network does.</summary>
public sealed record Deployment
{
    /// <summary>For readers.</summary>
    [Description("one line of text for readers")]
    [RegularExpression(Experiment.LinePattern, ErrorMessage = "one line of text for readers")]
    [StringLength(Experiment.LongestLine)]
    public required string Title { get; init; }

    /// <summary>Class of links to its toxics.</summary>
    [Description("classes of links with their toxics; a class that is not named is left alone")]
    [Keys(LinkSpec.ClientServer, LinkSpec.ServerDatabase, LinkSpec.BetweenServers)]
    public required IReadOnlyDictionary<string, IReadOnlyList<LinkToxic>> Links { get; init; }

    /// <summary>The value of the factor <c>deployment</c>.</summary>
    [JsonIgnore]
    public string Name { get; init; } = "";

    /// <summary>The toxics of a class of links; none when the deployment does not touch it.</summary>
    public IReadOnlyList<LinkToxic> ToxicsOf(string linkClass) => Links.TryGetValue(linkClass, out var toxics) ? toxics : [];
}

/// <summary>The content of <c>experiments/deployments.yaml</c>.</summary>
[Description("Places where a system runs, told apart by what the network between its parts does.")]
public sealed record DeploymentsFile
{
    [Description("deployments by name; the name is a value of the factor deployment")]
    public required IReadOnlyDictionary<string, Deployment> Deployments { get; init; }
}

/// <summary>The deployments that the lab can act out: the content of <c>experiments/deployments.yaml</c>.</summary>
public sealed class Deployments
{
    public const string FileName = "deployments.yaml";

    private readonly OrderedDictionary<string, Deployment> _deployments;

    private Deployments(IEnumerable<Deployment> deployments) => _deployments = new(
        deployments.Select(deployment => KeyValuePair.Create(deployment.Name, deployment)), StringComparer.Ordinal);

    /// <summary>In file order.</summary>
    public IReadOnlyList<string> Names => [.. _deployments.Keys];

    /// <exception cref="KeyNotFoundException">There is no such deployment.</exception>
    public Deployment this[string name] => _deployments[name];

    /// <exception cref="InvalidFileException">The file is missing or says something it cannot say.</exception>
    public static Deployments Load(string path)
    {
        var problems = new FileProblems(path);
        var root = YamlReader.ReadFile(path, problems);
        var file = root is null ? null : YamlBinder.Bind<DeploymentsFile>(root, problems);
        if (root is not null)
        {
            CheckToxics(root, problems);
        }

        if (file?.Deployments is { } deployments && !deployments.ContainsKey(CommonFactors.Local))
        {
            problems.Add(((YamlMapping)root!)["deployments"]!, $"'deployments': missing key '{CommonFactors.Local}'");
        }

        problems.ThrowIfAny();
        return new Deployments(file!.Deployments.Select(entry => entry.Value with { Name = entry.Key }));
    }

    /// <summary>
    /// What the schema cannot say: a delay cannot become negative, and a stream has one toxic of a type.
    /// </summary>
    private static void CheckToxics(YamlNode root, FileProblems problems)
    {
        foreach (var list in LinkClasses(root))
        {
            var seen = new HashSet<(string, string)>();
            foreach (var toxic in list.Items.OfType<YamlMapping>())
            {
                if (Milliseconds(toxic, "jitter_ms") > Milliseconds(toxic, "latency_ms"))
                {
                    problems.Add(
                        toxic["jitter_ms"]!, "'jitter_ms': expected at most latency_ms, a delay cannot be negative");
                }

                if (Text(toxic, "type") is { } type && Text(toxic, "stream") is { } stream && !seen.Add((type, stream)))
                {
                    problems.Add(toxic, $"a second {type} toxic for stream {stream}; expected at most one");
                }
            }
        }
    }

    /// <summary>The lists of toxics of all deployments, whatever else is wrong with the file.</summary>
    private static IEnumerable<YamlSequence> LinkClasses(YamlNode root) =>
        from deployment in Values((root as YamlMapping)?["deployments"])
        from linkClass in Values((deployment as YamlMapping)?["links"])
        where linkClass is YamlSequence
        select (YamlSequence)linkClass;

    private static IEnumerable<YamlNode> Values(YamlNode? node) =>
        node is YamlMapping mapping ? mapping.Entries.Select(entry => entry.Value) : [];

    private static string? Text(YamlMapping toxic, string key) => (toxic[key] as YamlScalar)?.Text;

    private static int? Milliseconds(YamlMapping toxic, string key) =>
        int.TryParse(Text(toxic, key), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
