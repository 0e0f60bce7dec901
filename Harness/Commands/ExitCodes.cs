namespace Lab.Harness.Commands;

/// <summary>What the exit codes of <c>./lab</c> mean.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>A cell did not run, or a verdict is not true.</summary>
    public const int Failed = 1;

    /// <summary>Wrong arguments, or an experiment file that is refused.</summary>
    public const int Usage = 2;

    /// <summary>The lab could not be started on this machine.</summary>
    public const int CannotStart = 3;

    /// <summary>Ended by Ctrl-C or SIGTERM.</summary>
    public const int Interrupted = 130;
}
