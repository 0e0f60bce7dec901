using System.Globalization;

namespace Lab.AppHost;

/// <summary>Turns the app host's arguments into those of <c>./lab</c>, where there is no Aspire.</summary>
internal static class HandOver
{
    /// <summary>
    /// Nothing: everything is started and stays up. <c>--run PRESET</c>: experiments run, then it stays up.
    /// <c>--run PRESET --exit</c>: it ends after them, with their exit code. A command of <c>./lab</c> goes there as it is.
    /// </summary>
    /// <param name="args">The command line.</param>
    /// <param name="problem">What cannot be had here, and why.</param>
    /// <returns>Null when that is asked for.</returns>
    public static IReadOnlyList<string>? Translate(IReadOnlyList<string> args, out string? problem)
    {
        if (args is [[not '-', ..], ..])
        {
            problem = null;
            return args;
        }

        var given = LabArguments.Parse(args, out problem);
        problem ??= given switch
        {
            { Rest: [var option, ..] } => $"{option} is for Aspire, which this package feed lacks: here are --run, --exit, --seed, --out, --databases {LabArguments.Local}",
            { Databases: LabArguments.Containers } => "--databases containers needs Aspire, which this package feed lacks: without the option, programs of this machine are used",
            { LinkLatencyMs: > 0 } => "--link-latency-ms needs Aspire, which this package feed lacks: ask the fault proxy instead (docs/fault-proxy.md)",
            _ => null,
        };
        return problem is null ? Translate(given!) : null;
    }

    private static IReadOnlyList<string> Translate(LabArguments given) => given.Run is null
        ? ["up"]
        :
        [
            "run", "--preset", given.Run,
            .. given.Seed == 1 ? [] : (string[])["--seed", given.Seed.ToString(CultureInfo.InvariantCulture)],
            .. given.Out is null ? [] : (string[])["--out", given.Out],
            .. given.Exit ? [] : (string[])["--keep-up"],
        ];
}
