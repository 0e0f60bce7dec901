using System.Globalization;

namespace Lab.Harness.Experiments;

/// <summary>
/// A toxic of the fault proxy, as <c>experiments/deployments.yaml</c> declares it for a class of links.
/// </summary>
/// <param name="Type">Toxiproxy's name: <c>latency</c>.</param>
/// <param name="Stream"><c>upstream</c> (client to server) or <c>downstream</c>; a toxic acts one way only.</param>
/// <param name="LatencyMs">Delay added to everything that passes.</param>
/// <param name="JitterMs">The delay varies evenly by up to this much, either way.</param>
public sealed record LinkToxic(string Type, string Stream, int LatencyMs, int JitterMs);

/// <summary>A place where a system runs, told apart by what its network does.</summary>
/// <param name="Name">The value of the factor <c>deployment</c>.</param>
/// <param name="Title">For readers.</param>
/// <param name="Links">Class of links (<c>client-server</c>, <c>server-database</c>) to its toxics.</param>
public sealed record Deployment(string Name, string Title, IReadOnlyDictionary<string, IReadOnlyList<LinkToxic>> Links)
{
    /// <summary>The toxics of a class of links; none when the deployment does not touch it.</summary>
    public IReadOnlyList<LinkToxic> ToxicsOf(string linkClass) =>
        Links.TryGetValue(linkClass, out var toxics) ? toxics : [];
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
        if (root is not null)
        {
            SchemaValidator.Validate(root, JsonSchema.Shipped("deployments.schema.json"), problems);
            CheckToxics(root, problems);
        }

        problems.ThrowIfAny();
        var deployments = (YamlMapping)((YamlMapping)root!)["deployments"]!;
        return new Deployments(deployments.Entries.Select(entry => Build(entry.Key.Text, (YamlMapping)entry.Value)));
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

    private static Deployment Build(string name, YamlMapping deployment) => new(
        name,
        Text(deployment, "title")!,
        ((YamlMapping)deployment["links"]!).Entries.ToDictionary(
            link => link.Key.Text,
            IReadOnlyList<LinkToxic> (link) =>
            [
                .. ((YamlSequence)link.Value).Items.Cast<YamlMapping>().Select(toxic => new LinkToxic(
                    Text(toxic, "type")!,
                    Text(toxic, "stream")!,
                    Milliseconds(toxic, "latency_ms")!.Value,
                    Milliseconds(toxic, "jitter_ms")!.Value)),
            ],
            StringComparer.Ordinal));
}
