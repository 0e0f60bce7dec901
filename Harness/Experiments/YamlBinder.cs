using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Lab.Terminal;

namespace Lab.Harness.Experiments;

/// <summary>The only keys of a mapping.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KeysAttribute(params string[] keys) : Attribute
{
    public IReadOnlyList<string> Keys => keys;
}

/// <summary>
/// Factors with their values: each a list of different ones, text or whole numbers, or for the factor <c>limits</c> mappings as
/// <see cref="MatrixValue"/> writes them.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MatrixValuesAttribute : Attribute
{
    public const int MostValues = 100;
    public const int LongestValue = 64;
}

/// <summary>
/// Makes records of a YAML file, and says of each mistake where it is, what was found and what was expected. The records are the
/// truth: names of keys, what is required, and the attributes of <see cref="System.ComponentModel.DataAnnotations"/>. The schemas
/// beside the files are made from them, for editors.
/// </summary>
internal static class YamlBinder
{
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(1);

    /// <returns>Only to be used when there are no problems: what was wrong is missing in it.</returns>
    public static T? Bind<T>(YamlNode root, FileProblems problems)
        where T : class => (T?)Bind(root, typeof(T), null, "the file", problems);

    /// <summary>The key of a property in a file; null when it is none.</summary>
    public static string? KeyOf(PropertyInfo property) => property.GetCustomAttribute<JsonIgnoreAttribute>() is not null || !property.CanWrite
        ? null
        : property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    private static object? Bind(YamlNode node, Type type, PropertyInfo? property, string label, FileProblems problems)
    {
        if (node is YamlScalar { Kind: ScalarKind.Refused })
        {
            return null;
        }

        var expected = type == typeof(string) ? "text"
            : type == typeof(int) || type == typeof(long) ? "a whole number"
            : type == typeof(decimal) || type == typeof(double) ? "a number"
            : ItemOf(type) is not null ? "a list"
            : "a mapping (lines of 'key: value')";
        return (node, expected) switch
        {
            (YamlScalar { Kind: ScalarKind.Text } text, "text") => Text(text, property, label, problems),
            (YamlScalar { Kind: ScalarKind.Integer } number, "a whole number") => Number(number, type, property, label, problems),
            (YamlScalar { Kind: ScalarKind.Integer or ScalarKind.Number } number, "a number") => Number(number, type, property, label, problems),
            (YamlSequence list, "a list") => List(list, ItemOf(type)!, property, label, problems),
            (YamlMapping mapping, _) when expected.StartsWith("a mapping", StringComparison.Ordinal) =>
                ValueOf(type) is { } value ? Dictionary(mapping, value, property, label, problems) : Record(mapping, type, label, problems),
            _ => Refuse(node, $"{label}: expected {expected}, found {Found(node)}", problems),
        };
    }

    private static object Record(YamlMapping mapping, Type type, string label, FileProblems problems)
    {
        var keys = type.GetProperties().Select(property => (Key: KeyOf(property), Property: property)).Where(key => key.Key is not null)
            .ToDictionary(key => key.Key!, key => key.Property, StringComparer.Ordinal);
        foreach (var (key, property) in keys.Where(key => key.Value.IsDefined(typeof(RequiredMemberAttribute)) && mapping[key.Key] is null))
        {
            problems.Add(mapping, $"{label}: missing key '{key}'; expected {property.GetCustomAttribute<DescriptionAttribute>()?.Description}");
        }

        var record = Activator.CreateInstance(type)!;
        foreach (var (key, value) in Known(mapping, keys.Keys, problems))
        {
            if (Bind(value, keys[key.Text].PropertyType, keys[key.Text], Spelling.Quote(key.Text), problems) is { } bound)
            {
                keys[key.Text].SetValue(record, bound);
            }
        }

        return record;
    }

    private static IDictionary Dictionary(YamlMapping mapping, Type type, PropertyInfo? property, string label, FileProblems problems)
    {
        var isMatrix = property?.GetCustomAttribute<MatrixValuesAttribute>() is not null;
        var least = isMatrix ? 1 : property?.GetCustomAttribute<MinLengthAttribute>()?.Length ?? 0;
        if (mapping.Entries.Count < least)
        {
            problems.Add(mapping, $"{label}: expected at least {Count(least, "key")}, found {mapping.Entries.Count}");
        }

        var dictionary = (IDictionary)Activator.CreateInstance(typeof(OrderedDictionary<,>).MakeGenericType(typeof(string), type))!;
        var entries = property?.GetCustomAttribute<KeysAttribute>() is { } keys ? Known(mapping, keys.Keys, problems) : mapping.Entries;
        foreach (var (key, value) in entries)
        {
            var name = Spelling.Quote(key.Text);
            dictionary[key.Text] = isMatrix ? MatrixValues(key.Text, value, name, problems) : Bind(value, type, null, name, problems);
        }

        return dictionary;
    }

    /// <summary>The entries with keys that may be there; all others are refused.</summary>
    private static IEnumerable<YamlEntry> Known(YamlMapping mapping, IReadOnlyCollection<string> keys, FileProblems problems)
    {
        foreach (var entry in mapping.Entries)
        {
            if (keys.Contains(entry.Key.Text))
            {
                yield return entry;
            }
            else if (entry.Key.Kind != ScalarKind.Refused)
            {
                var unused = keys.Where(name => mapping[name] is null);
                problems.Add(
                    entry.Key,
                    $"unknown key {Spelling.Quote(entry.Key.Text)}{Spelling.DidYouMean(entry.Key.Text, unused)} expected one of: {string.Join(", ", keys)}");
            }
        }
    }

    private static IList List(YamlSequence list, Type type, PropertyInfo? property, string label, FileProblems problems)
    {
        var length = property?.GetCustomAttribute<LengthAttribute>();
        CheckLength(list, length?.MinimumLength ?? 0, length?.MaximumLength ?? int.MaxValue, label, problems);
        var items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(type))!;
        foreach (var item in list.Items)
        {
            if (Bind(item, type, property, label, problems) is { } bound)
            {
                items.Add(bound);
            }
        }

        return items;
    }

    private static List<string> MatrixValues(string factor, YamlNode node, string label, FileProblems problems)
    {
        if (node is not YamlSequence list)
        {
            Refuse(node, $"{label}: expected a list, found {Found(node)}", problems);
            return [];
        }

        CheckLength(list, 1, MatrixValuesAttribute.MostValues, label, problems);
        var values = new List<string>();
        foreach (var item in list.Items.Where(item => item is not YamlScalar { Kind: ScalarKind.Refused }))
        {
            if (factor == ContainerFactors.Limits && item is YamlMapping limits)
            {
                Record(limits, typeof(LimitsValue), label, problems);
            }

            if (MatrixValue.Of(item, factor) is not { } value)
            {
                Refuse(item, $"{label}: expected text or {(factor == ContainerFactors.Limits ? "a mapping (lines of 'key: value')" : "a whole number")}, found {Found(item)}", problems);
            }
            else if (value.Text.Length is 0 or > MatrixValuesAttribute.LongestValue)
            {
                problems.Add(item, $"{label}: expected at least 1 and at most {MatrixValuesAttribute.LongestValue} characters, found {value.Text.Length}");
            }
            else if (values.Contains(value.Text))
            {
                // By text: 10 is "10".
                problems.Add(item, $"{label}: {Spelling.Quote(value.Text)} is listed twice; expected each item once");
            }
            else
            {
                values.Add(value.Text);
            }
        }

        return values;
    }

    private static string Text(YamlScalar scalar, PropertyInfo? property, string label, FileProblems problems)
    {
        if (property?.GetCustomAttribute<AllowedValuesAttribute>()?.Values.OfType<string>().ToList() is { } allowed && !allowed.Contains(scalar.Text))
        {
            problems.Add(
                scalar, $"{label}: found {Found(scalar)}{Spelling.DidYouMean(scalar.Text, allowed)} expected one of: {string.Join(", ", allowed)}");
        }

        if (property?.GetCustomAttribute<RegularExpressionAttribute>() is { } pattern
            && !Regex.IsMatch(scalar.Text, $@"\A(?:{pattern.Pattern.TrimStart('^').TrimEnd('$')})\z", RegexOptions.CultureInvariant, PatternTimeout))
        {
            problems.Add(scalar, $"{label}: expected {pattern.ErrorMessage}, found {Found(scalar)}");
        }
        else if (property?.GetCustomAttribute<StringLengthAttribute>() is { } length && scalar.Text.Length > length.MaximumLength)
        {
            problems.Add(scalar, $"{label}: expected at most {length.MaximumLength} characters, found {scalar.Text.Length}");
        }

        return scalar.Text.Trim();
    }

    private static object? Number(YamlScalar scalar, Type type, PropertyInfo? property, string label, FileProblems problems)
    {
        var value = double.Parse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (property?.GetCustomAttribute<RangeAttribute>() is { } range
            && (value < Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture) || value > Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture)))
        {
            var number = type == typeof(decimal) || type == typeof(double) ? "a number" : "a whole number";
            return Refuse(
                scalar, string.Create(CultureInfo.InvariantCulture, $"{label}: expected {number} from {range.Minimum} to {range.Maximum}, found {Found(scalar)}"), problems);
        }

        return Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
    }

    private static void CheckLength(YamlSequence list, int least, int most, string label, FileProblems problems)
    {
        if (list.Items.Count < least)
        {
            problems.Add(list, $"{label}: expected at least {Count(least, "item")}, found {list.Items.Count}");
        }

        if (list.Items.Count > most)
        {
            problems.Add(list, $"{label}: expected at most {Count(most, "item")}, found {list.Items.Count}");
        }
    }

    private static Type? ItemOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private static Type? ValueOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) ? type.GetGenericArguments()[1] : null;

    private static object? Refuse(YamlNode node, string problem, FileProblems problems)
    {
        problems.Add(node, problem);
        return null;
    }

    private static string Found(YamlNode node) => node switch
    {
        YamlMapping => "a mapping",
        YamlSequence => "a list",
        YamlScalar { Kind: ScalarKind.Null } => "nothing",
        YamlScalar { Kind: ScalarKind.Text } scalar => Spelling.Quote(scalar.Text),
        YamlScalar scalar => Spelling.Quote(scalar.Text).Trim('\''),
        _ => "something else",
    };

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
