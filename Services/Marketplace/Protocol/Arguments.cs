using System.Globalization;
using System.Text;
using System.Text.Json;
using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Protocol;

/// <summary>Reads the arguments of a request; each refusal names the argument and says what was expected.</summary>
internal readonly struct Arguments(JsonElement arguments)
{
    /// <summary>Ids and quantities stay exact in every JSON implementation: below 2^53.</summary>
    public const long MaxId = (1L << 53) - 1;

    public string Text(string name, int minLength, int maxLength)
    {
        return CheckText(name, Required(name, JsonValueKind.String, "a string"), minLength, maxLength);
    }

    public long Integer(string name, long min, long max) =>
        Required(name, JsonValueKind.Number, "an integer").TryGetInt64(out var value)
            ? value >= min && value <= max
                ? value
                : throw Invalid(name, $"must be between {min} and {max}")
            : throw Invalid(name, "must be an integer");

    public bool Boolean(string name) => TryGet(name, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Invalid(name, "must be true or false"),
        }
        : throw Invalid(name, "is missing");

    /// <summary>A price: <see cref="Limits.MinPrice"/> to <see cref="Limits.MaxPrice"/>, with two decimals at most.</summary>
    public decimal Price(string name)
    {
        var element = Required(name, JsonValueKind.Number, "a number");
        if (!element.TryGetDecimal(out var value) || value < Limits.MinPrice || value > Limits.MaxPrice)
        {
            throw Invalid(name, FormattableString.Invariant($"must be between {Limits.MinPrice} and {Limits.MaxPrice}"));
        }

        // Of the text: a decimal has 28 digits, and what comes after them is lost.
        return Decimals(element.GetRawText()) <= Limits.PriceDecimals
            ? decimal.Round(value, Limits.PriceDecimals)
            : throw Invalid(name, "must not have more than two decimals");
    }

    /// <summary>Digits that a JSON number above zero has after its point, when it is written without an exponent and without zeros at its end.</summary>
    private static long Decimals(ReadOnlySpan<char> number)
    {
        var exponentAt = number.IndexOfAny('e', 'E');
        var exponent = exponentAt < 0 ? 0 : long.Parse(number[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = exponentAt < 0 ? number : number[..exponentAt];
        var point = mantissa.IndexOf('.');
        var fraction = point < 0 ? default : mantissa[(point + 1)..].TrimEnd('0');
        var zeros = 0;
        if (fraction.IsEmpty)
        {
            var whole = point < 0 ? mantissa : mantissa[..point];
            zeros = whole.Length - whole.TrimEnd('0').Length;
        }

        return fraction.Length - zeros - exponent;
    }

    /// <summary>One of a few words.</summary>
    public string Choice(string name, params ReadOnlySpan<string> choices)
    {
        var text = Required(name, JsonValueKind.String, "a string");
        foreach (var choice in choices)
        {
            if (text.ValueEquals(choice))
            {
                return choice;
            }
        }

        throw Invalid(name, $"must be one of: {string.Join(", ", choices.ToArray())}");
    }

    public ItemId ItemId(string name) => Domain.ItemId.TryParse(Text(name, 1, 40), out var id)
        ? id
        : throw Invalid(name, "must be an item id such as 3-1841");

    public IReadOnlyList<string> Keywords(string name, int minCount)
    {
        var list = Required(name, JsonValueKind.Array, "a list of strings");
        var count = list.GetArrayLength();
        if (count < minCount || count > Limits.MaxKeywords)
        {
            throw Invalid(name, $"must have {minCount} to {Limits.MaxKeywords} keywords");
        }

        var keywords = new string[count];
        var index = 0;
        foreach (var element in list.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.String)
            {
                throw Invalid(name, "must be a list of strings");
            }

            keywords[index++] = CheckText(name, element, 1, Limits.MaxKeywordLength);
        }

        return keywords;
    }

    public bool Has(string name) => TryGet(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static MarketplaceException Invalid(string name, string problem) =>
        new(ErrorCodes.InvalidArgument, $"argument '{name}' {problem}");

    private JsonElement Required(string name, JsonValueKind kind, string expected)
    {
        if (!TryGet(name, out var value))
        {
            throw Invalid(name, "is missing");
        }

        return value.ValueKind == kind ? value : throw Invalid(name, $"must be {expected}");
    }

    private bool TryGet(string name, out JsonElement value)
    {
        value = default;
        return arguments.ValueKind == JsonValueKind.Object && arguments.TryGetProperty(name, out value);
    }

    /// <summary>Lengths count characters as people do (Unicode scalars), which is also how the database counts.</summary>
    private static string CheckText(string name, JsonElement element, int minLength, int maxLength)
    {
        var text = element.GetString()!;
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            length++;
            if (Rune.IsControl(rune))
            {
                throw Invalid(name, "must not contain control characters");
            }
        }

        return length >= minLength && length <= maxLength
            ? text
            : throw Invalid(name, $"must have {minLength} to {maxLength} characters");
    }
}
