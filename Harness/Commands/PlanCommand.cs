using System.CommandLine;
using Lab.Harness.Experiments;
using Lab.Harness.Systems;

namespace Lab.Harness.Commands;

/// <summary><c>lab plan</c>: what a run would measure.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var (experiments, preset, isolation) = (PlanOptions.Experiments(), PlanOptions.Preset(), IsolationOption.Create());
        var command = new Command("plan", """
            The cells that a run would measure, as JSON, and those that this machine cannot run, with the reason. Nothing is started.

            Examples:
              ./lab plan
              ./lab plan EXPERIMENT --preset full
              ./lab plan EXPERIMENT --isolation container
            """) { experiments, preset, isolation };
        command.SetAction(arguments =>
        {
            var folder = PlanOptions.Load(IsolationOption.PresumedAbilities(IsolationOption.Of(arguments, isolation)));
            Console.WriteLine(folder.Plan(arguments.GetRequiredValue(experiments), arguments.GetRequiredValue(preset)).ToJson());
            return ExitCodes.Ok;
        });
        return command;
    }
}

/// <summary><c>lab list</c>: what there is to run.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var command = new Command("list", """
            The experiments, and how many cells each preset of them has; of one whose file is refused, why.
            Exit code 0: all of them can be run. 2: not so.
            """);
        command.SetAction(_ =>
        {
            var folder = PlanOptions.Load(MachineAbilities.OfThisProcess());
            foreach (var experiment in new Planner(folder.Catalog).Overview(folder.Experiments))
            {
                var presets = string.Join(", ", experiment.Presets.Select(preset => $"{preset.Preset} {preset.Cells} cells"));
                Console.WriteLine($"{experiment.Name,-16} {experiment.Title} ({presets})");
            }

            foreach (var broken in folder.Broken)
            {
                Console.WriteLine($"{broken.Name,-16} broken: {string.Join("\n    ", broken.Problems)}");
            }

            return folder.Broken.Count == 0 ? ExitCodes.Ok : ExitCodes.Usage;
        });
        return command;
    }
}

/// <summary>Arguments that <c>run</c> and <c>plan</c> share.</summary>
internal static class PlanOptions
{
    public static Argument<string[]> Experiments() => new("experiment")
    {
        Description = "Names of experiments; none: all of them. ./lab list shows them.",
        Arity = ArgumentArity.ZeroOrMore,
        DefaultValueFactory = _ => [],
    };

    public static Option<string> Preset() => new("--preset")
    {
        Description = "How much of each experiment: quick (minutes) or full (hours).",
        DefaultValueFactory = _ => "quick",
    };

    /// <summary>Messages name files as a user would.</summary>
    public static ExperimentFolder Load(MachineAbilities machine) =>
        ExperimentFolder.Load(LabFolders.Show(LabFolders.Experiments), machine, SystemModules.Default);
}
