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

    /// <summary>A report cannot be written where it belongs; what was measured stands where the message says.</summary>
    public const int CannotWrite = 4;

    /// <summary>A defect of the lab itself; where its details stand, the message says.</summary>
    public const int Defect = 70;

    /// <summary>Ended by Ctrl-C, SIGTERM or SIGHUP.</summary>
    public const int Interrupted = 130;
}
