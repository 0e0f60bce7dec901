namespace Lab.TradingPost.Cli;

/// <summary>What the exit codes of <c>./lab trading-post</c> mean.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The market refused it, or it failed.</summary>
    public const int Refused = 1;

    /// <summary>There is no such command, or it wants other words.</summary>
    public const int Usage = 2;

    /// <summary>There is no lab, or it does not answer.</summary>
    public const int Unreachable = 3;
}
