using System.CommandLine;
using Lab.Harness.Analysis;
using Lab.Harness.Experiments;
using Lab.Harness.Reports;
using Lab.Harness.Running;

namespace Lab.Harness.Systems;

/// <summary>
/// All that the harness knows of one system. The stages of a run work from it and know no system; what a module leaves out,
/// they do without. <c>docs/adding-a-system.md</c> walks through a whole one.
/// </summary>
public sealed record SystemModule
{
    /// <summary>As in experiments and topology.</summary>
    public required string Name { get; init; }

    /// <summary>Its operations, factors and metrics, and which cells this machine can run.</summary>
    public required Func<Deployments, MachineAbilities, SystemDescription> Describe { get; init; }

    /// <summary>Its load, and the check of its invariants.</summary>
    public required Func<ScenarioContext, IScenario> Scenario { get; init; }

    /// <summary>What its published report claims, as far as cells can test it.</summary>
    public ReportClaims? Claims { get; init; }

    /// <summary>Findings that only make sense for this system; they see its cells only.</summary>
    public IReadOnlyList<IAnalyser> Analysers { get; init; } = [];

    /// <summary>Tables of its own for a group of its cells, beside those that every group has.</summary>
    public Func<GroupView, IReadOnlyList<ReportTable>> Tables { get; init; } = _ => [];

    /// <summary>Words that its reports use, with their meaning.</summary>
    public IReadOnlyList<(string Term, string Meaning)> Terms { get; init; } = [];

    /// <summary>What to say before its cells run, or null.</summary>
    public Func<string?> Notice { get; init; } = () => null;

    /// <summary>Settings of its services where nothing is measured (<c>lab up</c>).</summary>
    public IReadOnlyDictionary<string, string> SettingsWhenUp { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Commands of the lab that it adds; one called like the system is its command line.</summary>
    public IReadOnlyList<Func<Command>> Commands { get; init; } = [];

    /// <summary>Its command line where that is a program of its own: <c>lab NAME</c> gives it all arguments, the name first.</summary>
    public Func<string[], Task<int>>? Program { get; init; }
}

/// <summary>What a scenario works with.</summary>
/// <param name="Lab">Steers the lab.</param>
/// <param name="ProcessIds">Processes of the lab on this machine, as they are now.</param>
/// <param name="Seed">The run's.</param>
/// <param name="Tracing">The factor <c>tracing</c> of cells that do not say it.</param>
/// <param name="ReportFolder">For what a scenario has to say beyond the archive; null: nobody wants it.</param>
public sealed record ScenarioContext(
    LabControl Lab, Func<IReadOnlyDictionary<string, int>> ProcessIds, long Seed, string Tracing, string? ReportFolder);
