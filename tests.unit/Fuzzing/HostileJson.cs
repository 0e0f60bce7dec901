using CsCheck;

namespace Lab.Tests.Unit.Fuzzing;

/// <summary>JSON as nobody means well by it: extreme numbers, texts that are none, members twice, deep nesting.</summary>
internal static class HostileJson
{
    private static readonly Gen<string> Number = Fuzz.Any(
        Gen.OneOf(
            "0", "-0", "0.0", "1", "-1", "2.5", "0.01", "0.001", "1.005", "1e2", "1E-2", "100e-2", "1e-30", "1e999", "-1e999", "1e-999", "5e-324",
            "9007199254740991", "9007199254740992", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999",
            "79228162514264337593543950335", "79228162514264337593543950336", "0.0100000000000000000000000000000000001", "1000000", "1000000.01", "1000000.00",
            "1e00000000000000000000000000000000000002", "01", "1.", ".5", "+1", "NaN", "Infinity", "0x10"),
        Gen.Int.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        Gen.Double.Select(number => number.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>What may stand between quotes, and what may not.</summary>
    private static readonly Gen<string> Piece = Gen.OneOf(
        "a", "salt", "3-1841", "-1", "07/29", "4111 1111 1111 1111", "new", "up", "0", " ", "\u00e9", "\u2028", "\ud83d\ude00", "\uffff",
        "\\n", "\\u0000", "\\u0061", "\\ud800", "\\udc00", "\\uD83D\\uDE00", "\\ud83d\\ud83d", "\\uDE00\\uD83D", "\\\\", "\\\"", "\\\\ud800",
        "\\u12", "\\x", "\\", "\u0000", "\u001f", "\t", "'; DROP TABLE item; --", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");

    public static readonly Gen<string> Text = Fuzz.Weighted(
        (3, Piece), (2, Piece.Array[0, 4].Select(string.Concat)), (1, Piece.Array[20, 60].Select(string.Concat))).Select(text => $"\"{text}\"");

    private static readonly Gen<string> Scalar = Fuzz.Weighted(
        (4, Number), (4, Text), (1, Gen.OneOf("null", "true", "false", "[]", "{}", "", "nul", "\"")));

    /// <summary>Any value.</summary>
    /// <param name="names">Of members; some are given twice.</param>
    /// <param name="depth">Of nesting, at most; sometimes much more than that.</param>
    public static Gen<string> Value(Gen<string> names, int depth = 3) => depth == 0
        ? Fuzz.Weighted((20, Scalar), (1, Gen.Int[1, 200].Select(levels => new string('[', levels) + new string(']', levels))))
        : Fuzz.Weighted(
            (6, Scalar),
            (2, Value(names, depth - 1).Array[0, 7].Select(items => $"[{string.Join(',', items)}]")),
            (2, Object(names, depth - 1)));

    public static Gen<string> Object(Gen<string> names, int depth = 2) =>
        Gen.Select(names, Value(names, depth), (name, value) => $"{name}:{value}").Array[0, 8].Select(members => $"{{{string.Join(',', members)}}}");

    /// <summary>Names of members, in quotes.</summary>
    public static Gen<string> Names(params string[] known) =>
        Fuzz.Weighted((9, Gen.OneOf(known).Select(name => $"\"{name}\"")), (1, Text));
}
