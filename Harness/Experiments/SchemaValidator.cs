using System.Globalization;

namespace Lab.Harness.Experiments;

/// <summary>
/// Holds a YAML file against a <see cref="JsonSchema"/> and says what was found and what was expected.
/// </summary>
public static class SchemaValidator
{
    public static void Validate(YamlNode node, JsonSchema schema, FileProblems problems) =>
        Validate(node, schema, "the file", problems);

    /// <param name="node">What to look at.</param>
    /// <param name="schema">What it must be.</param>
    /// <param name="label">How messages call it: its key, in quotes.</param>
    /// <param name="problems">Receives what is wrong.</param>
    private static void Validate(YamlNode node, JsonSchema schema, string label, FileProblems problems)
    {
        if (node is YamlScalar { Kind: ScalarKind.Refused })
        {
            return;
        }

        if (schema.Types.Count > 0 && !schema.Types.Any(type => IsOfType(node, type)))
        {
            var expected = string.Join(" or ", schema.Types.Select(TypeName));
            problems.Add(node, $"{label}: expected {expected}, found {Found(node)}");
            return;
        }

        if (schema.Reference is { } reference)
        {
            Validate(node, reference, label, problems);
        }

        switch (node)
        {
            case YamlMapping mapping: ValidateMapping(mapping, schema, label, problems); break;
            case YamlSequence sequence: ValidateSequence(sequence, schema, label, problems); break;
            case YamlScalar { Kind: ScalarKind.Integer or ScalarKind.Number } number when HasRange(schema):
                ValidateNumber(number, schema, label, problems);
                break;
            case YamlScalar scalar: ValidateText(scalar, schema, label, problems); break;
        }
    }

    private static void ValidateMapping(YamlMapping mapping, JsonSchema schema, string label, FileProblems problems)
    {
        foreach (var name in schema.Required.Where(name => mapping[name] is null))
        {
            var meaning = schema.Properties.TryGetValue(name, out var missing) ? Meaning(missing) : null;
            problems.Add(mapping, $"{label}: missing key '{name}'{(meaning is null ? "" : $"; expected {meaning}")}");
        }

        if (mapping.Entries.Count < schema.MinProperties)
        {
            problems.Add(
                mapping,
                $"{label}: expected at least {Count(schema.MinProperties, "key")}, found {mapping.Entries.Count}");
        }

        foreach (var (key, value) in mapping.Entries)
        {
            if (schema.Properties.TryGetValue(key.Text, out var property) || (property = schema.Additional) is not null)
            {
                Validate(value, property, Spelling.Quote(key.Text), problems);
            }
            else if (!schema.AdditionalAllowed && key.Kind != ScalarKind.Refused)
            {
                var unused = schema.Properties.Keys.Where(name => mapping[name] is null);
                problems.Add(
                    key,
                    $"unknown key {Spelling.Quote(key.Text)}{Spelling.DidYouMean(key.Text, unused)} "
                    + $"expected one of: {string.Join(", ", schema.Properties.Keys)}");
            }
        }
    }

    private static void ValidateSequence(YamlSequence sequence, JsonSchema schema, string label, FileProblems problems)
    {
        var count = sequence.Items.Count;
        if (count < schema.MinItems)
        {
            problems.Add(sequence, $"{label}: expected at least {Count(schema.MinItems, "item")}, found {count}");
        }

        if (count > schema.MaxItems)
        {
            problems.Add(sequence, $"{label}: expected at most {Count(schema.MaxItems, "item")}, found {count}");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in sequence.Items)
        {
            if (schema.Items is { } items)
            {
                Validate(item, items, label, problems);
            }

            // By text, which is stricter than the standard: the lab does not tell 10 from "10".
            if (schema.UniqueItems && (item as YamlScalar ?? MatrixValue.Of(item)) is { } value && !seen.Add(value.Text))
            {
                problems.Add(item, $"{label}: {Spelling.Quote(value.Text)} is listed twice; expected each item once");
            }
        }
    }

    private static void ValidateNumber(YamlScalar scalar, JsonSchema schema, string label, FileProblems problems)
    {
        var value = double.Parse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (value < schema.Minimum || value > schema.Maximum)
        {
            problems.Add(scalar, $"{label}: expected {Range(schema)}, found {Found(scalar)}");
        }
    }

    private static void ValidateText(YamlScalar scalar, JsonSchema schema, string label, FileProblems problems)
    {
        if (schema.Enum.Count > 0 && !schema.Enum.Contains(scalar.Text))
        {
            problems.Add(
                scalar,
                $"{label}: found {Found(scalar)}{Spelling.DidYouMean(scalar.Text, schema.Enum)} "
                + $"expected one of: {string.Join(", ", schema.Enum)}");
        }

        if (schema.Pattern is { } pattern && !pattern.IsMatch(scalar.Text))
        {
            problems.Add(
                scalar, $"{label}: expected {schema.Description ?? $"text like {pattern}"}, found {Found(scalar)}");
        }

        if (scalar.Text.Length < schema.MinLength || scalar.Text.Length > schema.MaxLength)
        {
            var most = schema.MaxLength == int.MaxValue ? "" : $" and at most {schema.MaxLength}";
            problems.Add(
                scalar, $"{label}: expected at least {schema.MinLength}{most} characters, found {scalar.Text.Length}");
        }
    }

    private static bool IsOfType(YamlNode node, string type) => (node, type) switch
    {
        (YamlMapping, "object") => true,
        (YamlSequence, "array") => true,
        (YamlScalar { Kind: ScalarKind.Text }, "string") => true,
        (YamlScalar { Kind: ScalarKind.Integer }, "integer" or "number") => true,
        (YamlScalar { Kind: ScalarKind.Number }, "number") => true,
        (YamlScalar { Kind: ScalarKind.Boolean }, "boolean") => true,
        (YamlScalar { Kind: ScalarKind.Null }, "null") => true,
        _ => false,
    };

    private static string TypeName(string type) => type switch
    {
        "object" => "a mapping (lines of 'key: value')",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        _ => type,
    };

    private static string Found(YamlNode node) => node switch
    {
        YamlMapping => "a mapping",
        YamlSequence => "a list",
        YamlScalar { Kind: ScalarKind.Null } => "nothing",
        YamlScalar { Kind: ScalarKind.Text } scalar => Spelling.Quote(scalar.Text),
        YamlScalar scalar => Spelling.Quote(scalar.Text).Trim('\''),
        _ => "something else",
    };

    private static string? Meaning(JsonSchema schema) => schema.Description ?? schema.Reference?.Description;

    private static bool HasRange(JsonSchema schema) =>
        !double.IsInfinity(schema.Minimum) || !double.IsInfinity(schema.Maximum);

    private static string Range(JsonSchema schema)
    {
        var number = schema.Types.Contains("integer") ? "a whole number" : "a number";
        return (double.IsInfinity(schema.Minimum), double.IsInfinity(schema.Maximum)) switch
        {
            (false, false) => $"{number} from {schema.Minimum} to {schema.Maximum}",
            (false, true) => $"{number} of at least {schema.Minimum}",
            _ => $"{number} of at most {schema.Maximum}",
        };
    }

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
