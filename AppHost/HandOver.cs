namespace Lab.AppHost;

/// <summary>Turns the app host's arguments into those of <c>./lab</c>.</summary>
internal static class HandOver
{
    private const string Run = "--run";
    private const string Exit = "--exit";

    /// <summary>
    /// Nothing: everything is started and stays up. <c>--run PRESET</c>: experiments run, then it stays up.
    /// <c>--run PRESET --exit</c>: it ends after them, with their exit code. Anything else goes to <c>./lab</c> as it is.
    /// </summary>
    public static IReadOnlyList<string> Translate(IReadOnlyList<string> args) => args switch
    {
        [] => ["up"],
        [Run, var preset] => ["run", "--preset", preset, "--keep-up"],
        [Run, var preset, Exit] => ["run", "--preset", preset],
        _ => args,
    };
}
