using System.CommandLine;
using System.CommandLine.Help;

namespace Lab.AppHost;

/// <summary>What the app host was told.</summary>
internal sealed record LabArguments
{
    /// <summary>The exit code for arguments that make no sense.</summary>
    public const int UsageError = 2;

    /// <summary>Databases in containers.</summary>
    public const string Containers = "containers";

    /// <summary>Databases as programs of this machine.</summary>
    public const string Local = "local";

    /// <summary>The shorter preset.</summary>
    public const string Quick = "quick";

    /// <summary>The longer preset.</summary>
    public const string Full = "full";

    private const long DefaultSeed = 1;

    private static readonly Option<string?> RunOption = new("--run") { Description = "Run the experiments as soon as everything is healthy: quick or full." };
    private static readonly Option<string[]> ExperimentOption = new("--experiment")
    {
        Description = "Only this experiment, and only the systems that it measures; can be given several times. ./lab list shows them.",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<bool> ExitOption = new("--exit") { Description = "With --run: end after them, with their exit code." };

    private static readonly Option<long> SeedOption = new("--seed")
    {
        Description = "Makes the load make the same random choices again.",
        DefaultValueFactory = _ => DefaultSeed,
    };

    private static readonly Option<string?> OutOption = new("--out") { Description = "Where the report goes; otherwise reports/RUN in the lab." };

    private static readonly Option<string?> DatabasesOption = new("--databases")
    {
        Description = "local (default) or containers: how MySQL and Redis run. Where their programs are missing they run in containers, too.",
    };

    private static readonly Option<int> LatencyOption = new("--link-latency-ms")
    {
        Description = "Delays both directions of every link from clients to servers from the start.",
    };

    /// <summary>The preset to run at once; null: nothing runs until somebody asks for it.</summary>
    public string? Run { get; private init; }

    /// <summary>Names of experiments; none: all of them.</summary>
    public IReadOnlyList<string> Experiments { get; private init; } = [];

    /// <summary>End after the run, with its exit code.</summary>
    public bool Exit { get; private init; }

    public long Seed { get; private init; }

    /// <summary>The report's folder, absolute; null: a new one among the lab's reports.</summary>
    public string? Out { get; private init; }

    /// <summary><see cref="Containers"/>, <see cref="Local"/>, or null: local where the machine has the programs.</summary>
    public string? Databases { get; private init; }

    /// <summary>Milliseconds each way, 0 or more.</summary>
    public int LinkLatencyMs { get; private init; }

    /// <summary>What the lab does not know, in its order: Aspire may.</summary>
    public IReadOnlyList<string> Rest { get; private init; } = [];

    /// <summary>Whether help was asked for; it is printed then.</summary>
    public static bool ShowsHelp(IReadOnlyList<string> args)
    {
        if (args is [['-', ..], ..] && args.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            Command().Parse(["--help"]).Invoke();
            return true;
        }

        return false;
    }

    /// <param name="args">The command line.</param>
    /// <param name="problem">Why there is no result.</param>
    /// <returns>Null when they make no sense.</returns>
    public static LabArguments? Parse(IReadOnlyList<string> args, out string? problem)
    {
        var parsed = Command().Parse(args);
        problem = parsed.Errors.Count > 0 ? string.Join(Environment.NewLine, parsed.Errors.Select(error => error.Message)) : null;
        if (problem is not null)
        {
            return null;
        }

        var given = new LabArguments
        {
            Run = parsed.GetValue(RunOption),
            Experiments = parsed.GetValue(ExperimentOption) ?? [],
            Exit = parsed.GetValue(ExitOption),
            Seed = parsed.GetValue(SeedOption),
            Out = parsed.GetValue(OutOption) is { } folder ? Path.GetFullPath(folder) : null,
            Databases = parsed.GetValue(DatabasesOption),
            LinkLatencyMs = parsed.GetValue(LatencyOption),
            Rest = parsed.UnmatchedTokens,
        };
        problem = given.Problem();
        return problem is null ? given : null;
    }

    private static Command Command() => new(
        "AppHost",
        """
        The whole lab as an Aspire application. What is not listed here goes to Aspire:
        --publisher manifest --output-path x.json, --Parameters:admin-token=...
        """)
    {
        TreatUnmatchedTokensAsErrors = false,
        Options = { RunOption, ExperimentOption, ExitOption, SeedOption, OutOption, DatabasesOption, LatencyOption, new HelpOption() },
    };

    private string? Problem() => this switch
    {
        { Rest: [[not '-', ..] command, ..] } => $"there is no command '{command}' here: see --help, and ./lab --help",
        { Run: not (null or Quick or Full) } => $"--run takes {Quick} or {Full}, not '{Run}'",
        { Exit: true, Run: null } => "--exit belongs to --run: what should it wait for?",
        { Databases: not (null or Containers or Local) } => $"--databases takes {Containers} or {Local}, not '{Databases}'",
        { LinkLatencyMs: < 0 } => "--link-latency-ms cannot be negative",
        _ => null,
    };
}
