using Lab.Harness.Experiments;

namespace Lab.Tests.Unit.Experiments;

public class SchemaValidatorTests
{
    [Theory]
    [InlineData("""{"type":"object"}""", "[1]", "1:1: the file: expected a mapping (lines of 'key: value'), found a list")]
    [InlineData("""{"type":"array"}""", "a: 1", "1:1: the file: expected a list, found a mapping")]
    [InlineData("""{"type":"string"}""", "5", "1:1: the file: expected text, found 5")]
    [InlineData("""{"type":"integer"}""", "ten", "1:1: the file: expected a whole number, found 'ten'")]
    [InlineData("""{"type":"integer"}""", "1.5", "1:1: the file: expected a whole number, found 1.5")]
    [InlineData("""{"type":"integer"}""", "\"5\"", "1:1: the file: expected a whole number, found '5'")]
    [InlineData("""{"type":"number"}""", "true", "1:1: the file: expected a number, found true")]
    [InlineData("""{"type":"boolean"}""", "on", "1:1: the file: expected true or false, found 'on'")]
    [InlineData("""{"type":["string","integer"]}""", "~", "1:1: the file: expected text or a whole number, found nothing")]
    [InlineData("""{"type":"integer","minimum":1,"maximum":10}""", "11", "1:1: the file: expected a whole number from 1 to 10, found 11")]
    [InlineData("""{"type":"integer","minimum":1,"maximum":10}""", "0", "1:1: the file: expected a whole number from 1 to 10, found 0")]
    [InlineData("""{"type":"integer","minimum":1}""", "-1", "1:1: the file: expected a whole number of at least 1, found -1")]
    [InlineData("""{"type":"number","maximum":2.5}""", "2.6", "1:1: the file: expected a number of at most 2.5, found 2.6")]
    [InlineData("""{"type":"integer","maximum":10}""", "99999999999999999999999999", "1:1: the file: expected a whole number of at most 10, found 99999999999999999999999999")]
    [InlineData("""{"enum":["up","down"]}""", "dwon", "1:1: the file: found 'dwon'; did you mean 'down'? expected one of: up, down")]
    [InlineData("""{"enum":["up","down"]}""", "sideways", "1:1: the file: found 'sideways'; expected one of: up, down")]
    [InlineData("""{"pattern":"^[a-z]+$","description":"small letters"}""", "aB", "1:1: the file: expected small letters, found 'aB'")]
    [InlineData("""{"pattern":"^[a-z]+$","description":"small letters"}""", "\"ab\\n\"", "1:1: the file: expected small letters, found 'ab?'")]
    [InlineData("""{"minLength":2,"maxLength":3}""", "abcd", "1:1: the file: expected at least 2 and at most 3 characters, found 4")]
    [InlineData("""{"minLength":2}""", "a", "1:1: the file: expected at least 2 characters, found 1")]
    [InlineData("""{"minItems":1}""", "[]", "1:1: the file: expected at least 1 item, found 0")]
    [InlineData("""{"maxItems":2}""", "[a, b, c]", "1:1: the file: expected at most 2 items, found 3")]
    [InlineData("""{"uniqueItems":true}""", "[a, b, a]", "1:8: the file: 'a' is listed twice; expected each item once")]
    [InlineData("""{"uniqueItems":true}""", "[10, \"10\"]", "1:6: the file: '10' is listed twice; expected each item once")]
    [InlineData("""{"items":{"type":"integer"}}""", "[1, x]", "1:5: the file: expected a whole number, found 'x'")]
    [InlineData("""{"minProperties":1}""", "{}", "1:1: the file: expected at least 1 key, found 0")]
    [InlineData("""{"required":["a"],"properties":{"a":{"description":"the first letter"}}}""", "b: 1", "1:1: the file: missing key 'a'; expected the first letter")]
    [InlineData("""{"required":["a"]}""", "b: 1", "1:1: the file: missing key 'a'")]
    [InlineData("""{"properties":{"size":{},"colour":{}},"additionalProperties":false}""", "size: 1\ncolor: 2", "2:1: unknown key 'color'; did you mean 'colour'? expected one of: size, colour")]
    [InlineData("""{"properties":{"size":{},"colour":{}},"additionalProperties":false}""", "weight: 1", "1:1: unknown key 'weight'; expected one of: size, colour")]
    [InlineData("""{"additionalProperties":{"type":"integer"}}""", "a: 1\nb: x", "2:4: 'b': expected a whole number, found 'x'")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"integer","minimum":5}}}""", "a: 4", "1:4: 'a': expected a whole number of at least 5, found 4")]
    public void Each_keyword_says_what_was_found_and_what_was_expected(string schema, string yaml, string expected) =>
        Assert.Equal([expected], Validate(schema, yaml));

    [Theory]
    [InlineData("""{"type":"integer","minimum":1,"maximum":10}""", "10")]
    [InlineData("""{"type":"integer","minimum":1,"maximum":10}""", "1")]
    [InlineData("""{"type":["string","integer"],"minLength":1}""", "7")]
    [InlineData("""{"enum":["up","down"]}""", "up")]
    [InlineData("""{"pattern":"^[a-z]+$"}""", "abc")]
    [InlineData("""{"minLength":3,"maxLength":3}""", "abc")]
    [InlineData("""{"minItems":2,"maxItems":2,"uniqueItems":true}""", "[a, b]")]
    [InlineData("""{"required":["a"],"properties":{"a":{}}}""", "{a: 1, b: 2}")]
    public void A_file_that_fits_has_no_problems(string schema, string yaml) => Assert.Empty(Validate(schema, yaml));

    [Fact]
    public void All_problems_are_reported_from_top_to_bottom()
    {
        const string schema = """
            {"type":"object","required":["c"],"additionalProperties":false,"properties":{"a":{"type":"integer"},"b":{"maximum":3},"c":{}}}
            """;

        Assert.Equal(
            [
                "1:1: the file: missing key 'c'",
                "1:1: unknown key 'x'; did you mean 'c'? expected one of: a, b, c",
                "2:4: 'a': expected a whole number, found 'one'",
                "3:4: 'b': expected a number of at most 3, found 4",
            ],
            Validate(schema, "x: 1\na: one\nb: 4\n"));
    }

    [Fact]
    public void What_a_file_holds_cannot_play_tricks_on_a_terminal()
    {
        var problem = Assert.Single(Validate("""{"enum":["a"]}""", "\"\\e[31mred\\n" + new string('x', 100) + "\""));

        Assert.DoesNotContain(problem, char.IsControl);
        Assert.DoesNotContain(new string('x', 70), problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"oneOf":[]}""")]
    [InlineData("""{"properties":{"a":{"multipleOf":2}}}""")]
    [InlineData("""{"items":{"$ref":"#/$defs/a"},"$defs":{"a":{"format":"date"}}}""")]
    [InlineData("""{"$ref":"#/$defs/missing"}""")]
    [InlineData("""{"$ref":"other.json"}""")]
    [InlineData("""{"$ref":"#/$defs/a","$defs":{"a":{"items":{"$ref":"#/$defs/a"}}}}""")]
    [InlineData("""{"pattern":"loose"}""")]
    [InlineData("""{"items":true}""")]
    public void A_schema_that_asks_for_more_than_is_checked_is_refused(string schema) =>
        Assert.Throws<FormatException>(() => JsonSchema.Parse(schema));

    [Theory]
    [InlineData("experiment.schema.json")]
    [InlineData("deployments.schema.json")]
    public void The_shipped_schemas_use_no_other_keyword(string name)
    {
        var text = File.ReadAllText(Path.Combine(ExperimentSamples.Folder, name));

        Assert.NotEmpty(JsonSchema.Parse(text).Properties);
        Assert.NotEmpty(JsonSchema.Shipped(name).Properties);
    }

    private static List<string> Validate(string schema, string yaml)
    {
        var problems = new FileProblems("test.yaml");
        var root = YamlReader.Read(yaml, problems);
        SchemaValidator.Validate(root!, JsonSchema.Parse(schema), problems);
        return [.. problems.Sorted.Select(problem => $"{problem.Line}:{problem.Column}: {problem.Message}")];
    }
}
