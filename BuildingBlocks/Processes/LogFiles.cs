namespace Lab.Processes;

/// <summary>What processes leave behind.</summary>
public static class LogFiles
{
    private const int Lines = 8;

    /// <summary>For messages: the end of a log usually says why.</summary>
    public static string LastLines(string logFile) => File.Exists(logFile)
        ? $"The end of {logFile}:\n  {string.Join("\n  ", File.ReadLines(logFile).TakeLast(Lines))}"
        : "It left no log.";
}
