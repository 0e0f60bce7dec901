namespace Lab.TradingPost.Accounts.Files;

/// <summary>A journal lacks what was acknowledged, or holds what cannot be: nobody may trade on it.</summary>
/// <param name="file">The path of the file that is damaged, or missing.</param>
/// <param name="at">In it, in bytes: everything before is whole.</param>
/// <param name="why">In words.</param>
/// <param name="inner">What was found, where it was an exception.</param>
public sealed class DamagedJournalException(string file, long at, string why, Exception? inner = null)
    : IOException(FormattableString.Invariant($"{file} is damaged at byte {at}: {why}. './lab trading-post repair' shows what is lost, and mends it"), inner)
{
    public string File => file;

    public long At => at;

    /// <summary>Without the file's name.</summary>
    public string Why => why;
}
