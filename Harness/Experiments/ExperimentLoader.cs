using Lab.Harness.Systems;
using Lab.Terminal;

namespace Lab.Harness.Experiments;

/// <summary>Everything in the folder <c>experiments/</c>.</summary>
/// <param name="Deployments">Of <c>deployments.yaml</c>.</param>
/// <param name="Catalog">What experiments may vary.</param>
/// <param name="Experiments">Those that can be planned, by name.</param>
/// <param name="Broken">Those that cannot, by name.</param>
public sealed record ExperimentFolder(
    Deployments Deployments, FactorCatalog Catalog, IReadOnlyList<Experiment> Experiments, IReadOnlyList<BrokenExperiment> Broken)
{
    /// <summary>As this process may run it.</summary>
    /// <exception cref="InvalidFileException">The folder cannot be read, or its deployments are refused.</exception>
    public static ExperimentFolder Load(string folder) => Load(folder, MachineAbilities.OfThisProcess(), SystemModules.Default);

    /// <summary>As a machine with these abilities may run it.</summary>
    /// <exception cref="InvalidFileException">The folder cannot be read, or its deployments are refused.</exception>
    public static ExperimentFolder Load(string folder, MachineAbilities machine, SystemModules systems)
    {
        var deployments = Deployments.Load(Path.Combine(folder, Deployments.FileName));
        var catalog = FactorCatalog.Of(systems, deployments, machine);
        var (experiments, broken) = new ExperimentLoader(catalog).LoadFolder(folder);
        return new ExperimentFolder(deployments, catalog, experiments, broken);
    }

    /// <summary>The cells of a run. A broken file harms only those who ask for its experiment; whoever names none asks for all.</summary>
    /// <param name="names">Experiments, in this order; none: all.</param>
    /// <param name="preset">How much of each.</param>
    /// <exception cref="InvalidFileException">The file of a wanted experiment is refused.</exception>
    /// <exception cref="UnknownNameException">No such experiment, or one that was named lacks the preset.</exception>
    public Plan Plan(IReadOnlyList<string> names, string preset)
    {
        var sound = Experiments.Select(experiment => experiment.Name).ToList();
        var wanted = names.Count == 0 ? Broken : [.. Broken.Where(broken => names.Contains(broken.Name) && !sound.Contains(broken.Name))];
        return wanted.Count == 0
            ? new Planner(Catalog).Plan(Experiments, names, preset)
            : throw new InvalidFileException(
                [.. wanted.SelectMany(broken => broken.Problems)],
                names.Count == 0 && sound.Count > 0 ? $"The other experiments can be run by name: {string.Join(' ', sound)}" : null);
    }
}

/// <summary>A file that is refused.</summary>
/// <param name="Name">Of the experiment, as the file's name says.</param>
/// <param name="Problems">Why; at least one.</param>
public sealed record BrokenExperiment(string Name, IReadOnlyList<FileProblem> Problems);

/// <summary>Reads <c>experiments/*.yaml</c>; what such a file may say is in <c>docs/experiments.md</c>.</summary>
public sealed class ExperimentLoader(FactorCatalog catalog)
{
    private readonly Planner _planner = new(catalog);

    /// <summary>All experiments of a folder, by name.</summary>
    /// <exception cref="InvalidFileException">The folder cannot be read.</exception>
    public (IReadOnlyList<Experiment> Experiments, IReadOnlyList<BrokenExperiment> Broken) LoadFolder(string folder)
    {
        var experiments = new List<Experiment>();
        var broken = new List<BrokenExperiment>();
        foreach (var path in FilesOf(folder))
        {
            try
            {
                experiments.Add(LoadFile(path));
            }
            catch (InvalidFileException exception)
            {
                broken.Add(new BrokenExperiment(Path.GetFileNameWithoutExtension(path), exception.Problems));
            }
        }

        return (experiments, broken);
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
    /// Files in the order of their names; `.yml` is included so that it is refused rather than overlooked. What editors and
    /// systems leave beside a file (<c>.#x.yaml</c>, <c>._x.yaml</c>, <c>x.yaml~</c>) is hidden or has another extension.
    /// </summary>
    private static List<string> FilesOf(string folder)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(folder)
                    .Where(path => Path.GetExtension(path) is ".yaml" or ".yml")
                    .Where(path => Path.GetFileName(path) is var name && name != Deployments.FileName && !name.StartsWith('.'))
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
