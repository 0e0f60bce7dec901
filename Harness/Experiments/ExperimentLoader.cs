using System.Globalization;
using Lab.Harness.Systems;

namespace Lab.Harness.Experiments;

/// <summary>Everything in the folder <c>experiments/</c>.</summary>
public sealed record ExperimentFolder(
    Deployments Deployments, FactorCatalog Catalog, IReadOnlyList<Experiment> Experiments)
{
    /// <summary>As this process may run it.</summary>
    /// <exception cref="InvalidFileException">Files are refused; the problems of all are listed.</exception>
    public static ExperimentFolder Load(string folder) => Load(folder, MachineAbilities.OfThisProcess(), SystemModules.Default);

    /// <summary>As a machine with these abilities may run it.</summary>
    /// <exception cref="InvalidFileException">Files are refused; the problems of all are listed.</exception>
    public static ExperimentFolder Load(string folder, MachineAbilities machine, SystemModules systems)
    {
        var deployments = Deployments.Load(Path.Combine(folder, Deployments.FileName));
        var catalog = FactorCatalog.Of(systems, deployments, machine);
        return new ExperimentFolder(deployments, catalog, new ExperimentLoader(catalog).LoadFolder(folder));
    }
}

/// <summary>Reads <c>experiments/*.yaml</c>; what such a file may say is in <c>docs/experiments.md</c>.</summary>
public sealed class ExperimentLoader(FactorCatalog catalog)
{
    private static readonly JsonSchema Schema = JsonSchema.Shipped("experiment.schema.json");

    private readonly Planner _planner = new(catalog);

    /// <summary>All experiments of a folder, by name.</summary>
    /// <exception cref="InvalidFileException">A file is refused; the problems of all files are listed.</exception>
    public IReadOnlyList<Experiment> LoadFolder(string folder)
    {
        var experiments = new List<Experiment>();
        var refused = new List<FileProblem>();
        foreach (var path in FilesOf(folder))
        {
            try
            {
                experiments.Add(LoadFile(path));
            }
            catch (InvalidFileException exception)
            {
                refused.AddRange(exception.Problems);
            }
        }

        return refused.Count == 0 ? experiments : throw new InvalidFileException(refused);
    }

    /// <summary>
    /// One experiment; its published figures are looked for in the folder <c>published</c> beside it.
    /// </summary>
    /// <exception cref="InvalidFileException">The file is refused; all its problems are listed.</exception>
    public Experiment LoadFile(string path)
    {
        var problems = new FileProblems(path);
        if (Path.GetExtension(path) != ".yaml")
        {
            problems.Add(1, 1, "expected a file name that ends in .yaml");
        }

        var root = problems.Any ? null : YamlReader.ReadFile(path, problems);
        if (root is not null)
        {
            SchemaValidator.Validate(root, Schema, problems);
            ExperimentChecks.Check(root, Path.GetFileNameWithoutExtension(path), catalog, problems);
        }

        var published = ReadPublished(path, root as YamlMapping, problems);
        problems.ThrowIfAny();

        var valid = (YamlMapping)root!;
        var experiment = Build(valid, published);
        RefuseRepeatedCells(experiment, Items(valid, "groups"), problems);
        problems.ThrowIfAny();
        return experiment;
    }

    /// <summary>
    /// Files in the order of their names; `.yml` is included so that it is refused rather than overlooked.
    /// </summary>
    private static List<string> FilesOf(string folder)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(folder)
                    .Where(path => Path.GetExtension(path) is ".yaml" or ".yml")
                    .Where(path => Path.GetFileName(path) != Deployments.FileName)
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(
                [new FileProblem(folder, 1, 1, $"cannot read the folder: {exception.Message}")]);
        }
    }

    private PublishedFigures ReadPublished(string experimentPath, YamlMapping? root, FileProblems problems)
    {
        // Without a system nobody knows what its columns mean; that it is unknown is said elsewhere.
        if (root?["published"] is not YamlScalar { Kind: ScalarKind.Text } name
            || catalog.Find((root["system"] as YamlScalar)?.Text ?? "") is not { } system)
        {
            return PublishedFigures.None;
        }

        if (name.Text != Path.GetFileName(name.Text))
        {
            problems.Add(name, $"'published': expected a file name without folders, found {Spelling.Quote(name.Text)}");
            return PublishedFigures.None;
        }

        try
        {
            var folder = Path.GetDirectoryName(experimentPath) ?? "";
            return PublishedFigures.Read(Path.Combine(folder, "published", name.Text), system);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            problems.Add(name, $"'published': cannot use {Spelling.Quote(name.Text)}: {exception.Message}");
            return PublishedFigures.None;
        }
    }

    private static Experiment Build(YamlMapping root, PublishedFigures published) => new()
    {
        Name = Text(root, "name"),
        System = Text(root, "system"),
        Title = Text(root, "title"),
        Summary = Text(root, "summary"),
        Published = published,
        Groups = [.. Items(root, "groups").Cast<YamlMapping>().Select(BuildGroup)],
    };

    private static CellGroup BuildGroup(YamlMapping group) => new()
    {
        Name = Text(group, "name"),
        System = group["system"] is null ? null : Text(group, "system"),
        Title = Text(group, "title"),
        Question = Text(group, "question"),
        Matrix = [.. Entries(group, "matrix").Select(factor => new Factor(factor.Key.Text, Texts(factor.Value)))],
        Presets = Entries(group, "presets").ToDictionary(
            preset => preset.Key.Text, preset => BuildPreset((YamlMapping)preset.Value), StringComparer.Ordinal),
    };

    private static PresetSample BuildPreset(YamlMapping preset) => new(
        Number(preset, "iterations"),
        Number(preset, "operations_per_client"),
        preset["operations_at_least"] is null ? 1 : Number(preset, "operations_at_least"),
        preset["operations_at_most"] is null ? long.MaxValue : Number(preset, "operations_at_most"),
        preset["where"] is null ? [] : [.. Items(preset, "where").Cast<YamlMapping>().Select(BuildSelection)]);

    private static IReadOnlyDictionary<string, IReadOnlyList<string>> BuildSelection(YamlMapping selection) =>
        selection.Entries.ToDictionary(entry => entry.Key.Text, entry => Texts(entry.Value), StringComparer.Ordinal);

    /// <summary>
    /// A cell that two groups share would be measured twice under one name and its figures would differ, or, merged, it
    /// would have to choose between two numbers of iterations: the author says which group it belongs to. Whether a file is
    /// refused must not depend on the machine, so cells that cannot run here count, and what is as large as the machine does not.
    /// </summary>
    private void RefuseRepeatedCells(Experiment experiment, IReadOnlyList<YamlNode> groups, FileProblems problems)
    {
        foreach (var preset in Planner.PresetsOf(experiment))
        {
            var groupOfCell = new Dictionary<string, string>(StringComparer.Ordinal);
            var cells = _planner.Candidates(experiment, preset).Where(candidate => !candidate.DependsOnMachine);
            foreach (var cell in cells.Select(candidate => candidate.Cell))
            {
                var key = cell.Identity;
                if (!groupOfCell.TryAdd(key, cell.Group) && groupOfCell[key] != cell.Group)
                {
                    var index = experiment.Groups.TakeWhile(group => group.Name != cell.Group).Count();
                    problems.Add(
                        ((YamlMapping)groups[index])["name"]!,
                        $"group '{cell.Group}' repeats a cell of group '{groupOfCell[key]}' "
                        + $"under preset '{preset}': {cell}; expected every cell in one group");
                }
            }
        }
    }

    private static string Text(YamlMapping mapping, string key) => ((YamlScalar)mapping[key]!).Text.Trim();

    private static int Number(YamlMapping mapping, string key) =>
        int.Parse(Text(mapping, key), CultureInfo.InvariantCulture);

    private static IReadOnlyList<YamlEntry> Entries(YamlMapping mapping, string key) =>
        ((YamlMapping)mapping[key]!).Entries;

    private static IReadOnlyList<YamlNode> Items(YamlMapping mapping, string key) =>
        ((YamlSequence)mapping[key]!).Items;

    private static IReadOnlyList<string> Texts(YamlNode list) =>
        [.. ((YamlSequence)list).Items.Select(item => MatrixValue.Of(item)!.Text)];
}
