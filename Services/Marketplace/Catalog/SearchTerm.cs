using System.Buffers.Binary;
using System.Text;

namespace Lab.Marketplace.Catalog;

/// <summary>
/// A term of the search index: 64 bits of a hash of category and keyword. Keywords match without regard to case. Two
/// keywords may share a term; a search compares the words themselves afterwards.
/// </summary>
internal static class SearchTerm
{
    /// <summary>
    /// The terms under which an item is found, or for which a search looks: one per different keyword; the category's
    /// own term where there are none.
    /// </summary>
    public static IReadOnlyList<long> Of(int category, IEnumerable<string> keywords)
    {
        var terms = keywords.Select(keyword => Of(category, Normalise(keyword))).Distinct().ToList();
        if (terms.Count == 0)
        {
            terms.Add(OfCategory(category));
        }

        return terms;
    }

    /// <summary>Every item is found under its category alone, too.</summary>
    public static long OfCategory(int category) => Of(category, "");

    public static string Normalise(string keyword) => keyword.ToLowerInvariant();

    /// <summary>FNV-1a (Fowler, Noll, Vo) over category and UTF-8 keyword, its bits mixed as MurmurHash3 finishes.</summary>
    private static long Of(int category, string normalisedKeyword)
    {
        Span<byte> text = stackalloc byte[64];
        BinaryPrimitives.WriteInt32LittleEndian(text, category);
        var length = 4 + Encoding.UTF8.GetBytes(normalisedKeyword, text[4..]);
        var hash = 0xCBF29CE484222325;
        foreach (var value in text[..length])
        {
            hash = (hash ^ value) * 0x100000001B3;
        }

        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return (long)(hash ^ (hash >> 33));
    }
}
