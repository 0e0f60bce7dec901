namespace Lab.Journal;

/// <summary>A journal lacks what was acknowledged, or holds what cannot be: nobody may go on with it.</summary>
/// <param name="file">The path of the file that is damaged, or missing.</param>
/// <param name="at">In it, in bytes: everything before is whole.</param>
/// <param name="why">In words.</param>
/// <param name="advice">What to do about it, as a sentence without its dot.</param>
/// <param name="inner">What was found, where it was an exception.</param>
public sealed class DamagedJournalException(string file, long at, string why, string advice, Exception? inner = null)
    : IOException(FormattableString.Invariant($"{file} is damaged at byte {at}: {why}. {advice}"), inner)
{
    /// <summary>The path of the file that is damaged, or missing.</summary>
    public string File => file;

    /// <summary>In bytes: everything before is whole.</summary>
    public long At => at;

    /// <summary>Without the file's name.</summary>
    public string Why => why;
}

/// <summary>Another writer has taken a later segment: whoever gets this may acknowledge nothing of what it was about to write.</summary>
public sealed class FencedException(string message) : Exception(message);
