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
        var experiment = root is null ? null : YamlBinder.Bind<Experiment>(root, problems);
        if (root is not null)
        {
            ExperimentChecks.Check(root, Path.GetFileNameWithoutExtension(path), catalog, problems);
        }

        var published = ReadPublished(path, root as YamlMapping, problems);
        problems.ThrowIfAny();

        RefuseRepeatedCells(experiment!, ((YamlSequence)((YamlMapping)root!)["groups"]!).Items, problems);
        problems.ThrowIfAny();
        return experiment! with { Published = published };
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
}
