using Lab.Terminal;

namespace Lab.Harness.Experiments;

/// <summary>
/// What a schema cannot say about an experiment: names that must exist, values a system must understand. Looks at
/// whatever is well-formed, so that a file's author sees these problems together with those of the schema.
/// </summary>
internal static class ExperimentChecks
{
    /// <summary>A matrix with more cells than this is a mistake.</summary>
    private const long MaxCellsPerGroup = 10_000;

    /// <param name="root">The file.</param>
    /// <param name="fileName">Its name without folder and ending.</param>
    /// <param name="catalog">What the systems understand.</param>
    /// <param name="problems">Receives what is wrong.</param>
    public static void Check(YamlNode root, string fileName, FactorCatalog catalog, FileProblems problems)
    {
        if (root is not YamlMapping experiment)
        {
            return;
        }

        if (Word(experiment["name"]) is { } name && name.Text != fileName)
        {
            problems.Add(name, $"'name': expected the file's name '{fileName}', found {Spelling.Quote(name.Text)}");
        }

        var systemOfAll = CheckSystem(experiment, catalog, problems);
        var groupNames = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in Items(experiment["groups"]).OfType<YamlMapping>())
        {
            if (Word(group["name"]) is { } groupName && !groupNames.Add(groupName.Text))
            {
                problems.Add(
                    groupName,
                    $"'name': {Spelling.Quote(groupName.Text)} is the name of an earlier group; expected another");
            }

            var system = group["system"] is null ? systemOfAll : CheckSystem(group, catalog, problems);
            if (group["matrix"] is YamlMapping matrix)
            {
                if (system is not null)
                {
                    CheckMatrix(matrix, system, problems);
                }

                CheckSelections(group, matrix, problems);
            }
        }
    }

    private static SystemDescription? CheckSystem(YamlMapping owner, FactorCatalog catalog, FileProblems problems)
    {
        if (Word(owner["system"]) is not { } system)
        {
            return null;
        }

        var description = catalog.Find(system.Text);
        if (description is null)
        {
            problems.Add(system, $"unknown system {Unknown(system, catalog.Systems)}");
        }

        return description;
    }

    private static void CheckMatrix(YamlMapping matrix, SystemDescription system, FileProblems problems)
    {
        foreach (var missing in system.Factors.Where(factor => factor.Required && matrix[factor.Name] is null))
        {
            problems.Add(
                matrix, $"'matrix': missing factor '{missing.Name}'; expected a list, each item {missing.Expected}");
        }

        var cells = 1L;
        foreach (var (key, values) in matrix.Entries)
        {
            if (system.Find(key.Text) is not { } factor)
            {
                var names = system.Factors.Select(known => known.Name).ToList();
                problems.Add(key, $"system '{system.Name}' has no factor {Unknown(key, names)}");
                continue;
            }

            cells = Math.Min(cells * Math.Max(Items(values).Count, 1), MaxCellsPerGroup + 1);
            foreach (var value in Words(key, values))
            {
                if (!factor.TryResolve(value.Text, new Dictionary<string, object>(StringComparer.Ordinal)))
                {
                    var hint = Spelling.DidYouMean(value.Text, factor.Words);
                    problems.Add(
                        value, $"'{factor.Name}': found {Spelling.Quote(value.Text)}{hint} expected {factor.Expected}");
                }
            }
        }

        if (cells > MaxCellsPerGroup)
        {
            problems.Add(
                matrix, $"'matrix': the factors multiply to more than {MaxCellsPerGroup} cells; expected fewer");
        }
    }

    /// <summary>A selection that names what the matrix lacks would select nothing, silently.</summary>
    private static void CheckSelections(YamlMapping group, YamlMapping matrix, FileProblems problems)
    {
        IEnumerable<YamlEntry> presets = (group["presets"] as YamlMapping)?.Entries ?? [];
        var selected = presets.SelectMany(preset => Items((preset.Value as YamlMapping)?["where"])
            .OfType<YamlMapping>()
            .SelectMany(selection => selection.Entries)
            .Select(entry => (preset.Key.Text, entry.Key, entry.Value)));
        foreach (var (preset, key, wanted) in selected)
        {
            if (matrix[key.Text] is not { } values)
            {
                problems.Add(
                    key,
                    $"preset '{preset}' selects by a factor that the matrix lacks: "
                    + Unknown(key, matrix.Entries.Select(factor => factor.Key.Text)));
                continue;
            }

            var known = Words(key, values).Select(value => value.Text).ToList();
            foreach (var value in Words(key, wanted).Where(value => !known.Contains(value.Text)))
            {
                problems.Add(
                    value, $"preset '{preset}' selects a value that the matrix lacks: {Unknown(value, known)}");
            }
        }
    }

    private static string Unknown(YamlScalar name, IEnumerable<string> known)
    {
        var names = known.ToList();
        return $"{Spelling.Quote(name.Text)}{Spelling.DidYouMean(name.Text, names)} "
            + $"expected one of: {string.Join(", ", names)}";
    }

    /// <summary>A factor's values; mappings are for the schema to refuse, but for those that are limits.</summary>
    private static IEnumerable<YamlScalar> Words(YamlScalar factor, YamlNode list) =>
        Items(list).Select(item => MatrixValue.Of(item, factor.Text)).OfType<YamlScalar>();

    private static IReadOnlyList<YamlNode> Items(YamlNode? node) => node is YamlSequence sequence ? sequence.Items : [];

    /// <summary>Text or a whole number; anything else is the schema's to refuse.</summary>
    private static YamlScalar? Word(YamlNode? node) =>
        node is YamlScalar { Kind: ScalarKind.Text or ScalarKind.Integer } scalar ? scalar : null;
}
