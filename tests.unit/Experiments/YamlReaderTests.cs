using System.Text;
using Lab.Harness.Experiments;

namespace Lab.Tests.Unit.Experiments;

public class YamlReaderTests
{
    [Theory]
    [InlineData("10", ScalarKind.Integer)]
    [InlineData("-3", ScalarKind.Integer)]
    [InlineData("1.5", ScalarKind.Number)]
    [InlineData("1e3", ScalarKind.Number)]
    [InlineData("true", ScalarKind.Boolean)]
    [InlineData("~", ScalarKind.Null)]
    [InlineData("", ScalarKind.Null)]
    [InlineData("off", ScalarKind.Text)]
    [InlineData("yes", ScalarKind.Text)]
    [InlineData("10+10", ScalarKind.Text)]
    [InlineData("\"10\"", ScalarKind.Text)]
    [InlineData("'true'", ScalarKind.Text)]
    public void A_value_has_the_kind_that_yaml_1_2_gives_it(string text, ScalarKind kind)
    {
        var value = Assert.IsType<YamlScalar>(Mapping($"key: {text}")["key"]);

        Assert.Equal(kind, value.Kind);
    }

    [Fact]
    public void Nodes_know_their_line_and_column()
    {
        var root = Mapping("a: 1\nlist:\n  - x\n  - {b: 2}\n");

        var list = Assert.IsType<YamlSequence>(root["list"]);
        Assert.Equal((3, 5), (list.Items[0].Line, list.Items[0].Column));
        var inner = Assert.IsType<YamlMapping>(list.Items[1]);
        Assert.Equal((4, 6), (inner.Entries[0].Key.Line, inner.Entries[0].Key.Column));
        Assert.Equal((4, 9), (inner.Entries[0].Value.Line, inner.Entries[0].Value.Column));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_key()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Root, "bom.yaml");
        File.WriteAllText(path, "key: 1", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        var problems = new FileProblems(path);

        var root = YamlReader.ReadFile(path, problems);

        Assert.False(problems.Any);
        Assert.NotNull(Assert.IsType<YamlMapping>(root)["key"]);
    }

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", "3:1: duplicate key 'a'; it is already given on line 1")]
    [InlineData("a: &x 1\n", "1:4: anchor '&x' is not supported; write the value where it is used")]
    [InlineData("a: !!int 1\n", "1:4: tag 'tag:yaml.org,2002:int' is not supported; write the plain value")]
    [InlineData("a: !secret x\n", "1:4: tag '!secret' is not supported; write the plain value")]
    [InlineData("[x, y]: 1\n", "1:1: a list or mapping is used as a key; expected a name")]
    [InlineData("a: 1\n---\nb: 2\n", "2:1: a second YAML document begins here; expected one document")]
    [InlineData("a:\n  b:\n  \tc: d\n\t\n\te: f\n", "3:3: a tab is used for indentation; expected spaces", "5:1: a tab is used for indentation; expected spaces")]
    [InlineData("", "1:1: the file is empty")]
    [InlineData("# only a comment\n", "1:1: the file is empty")]
    public void What_the_lab_does_not_read_is_refused_with_its_place(string text, params string[] expected) =>
        Assert.Equal(expected, Problems(text));

    [Theory]
    [InlineData("a: [1, 2\nb: 3\n", 1)]
    [InlineData("a: \"open", 1)]
    [InlineData("key: value\n  bad: indent\n", 2)]
    [InlineData("%PDF-1.4 binary", 1)]
    public void A_text_that_is_not_yaml_is_refused_with_its_line(string text, int line)
    {
        var problem = Assert.Single(Problems(text));

        Assert.StartsWith($"{line}:", problem, StringComparison.Ordinal);
        Assert.Contains("not valid YAML", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_use_of_an_alias_is_refused_and_none_is_expanded()
    {
        // The "billion laughs": each line is ten times the one before.
        var text = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";

        Assert.Equal(
            ["1:4: anchor", "2:4: anchor", "2:8: alias '*a'", "2:12: alias '*a'", "3:5: alias '*b'", "3:9: alias '*b'"],
            Problems(text).Select(problem => problem[..problem.IndexOf(problem.Contains("alias") ? " is" : " '", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Deep_nesting_is_refused_rather_than_exhausting_the_stack()
    {
        var problem = Assert.Single(Problems(new string('[', 200_000)));

        Assert.Contains("nested deeper than 32 levels", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_over_a_mebibyte_is_refused_unread()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("large.yaml", new string('x', YamlReader.MaxBytes + 1));
        var problems = new FileProblems(path);

        Assert.Null(YamlReader.ReadFile(path, problems));
        Assert.Equal(
            $"{path}:1:1: the file is larger than 1048576 bytes; expected a file of at most 1 MiB",
            Assert.Single(problems.Sorted).ToString());
    }

    [Fact]
    public void A_file_of_exactly_a_mebibyte_is_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("fits.yaml", "a: " + new string('x', YamlReader.MaxBytes - 3));
        var problems = new FileProblems(path);

        Assert.NotNull(YamlReader.ReadFile(path, problems));
        Assert.False(problems.Any);
    }

    [Fact]
    public void Bytes_that_are_not_utf_8_are_refused()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Root, "latin.yaml");
        File.WriteAllBytes(path, [(byte)'a', (byte)':', (byte)' ', 0xE9]);
        var problems = new FileProblems(path);

        Assert.Null(YamlReader.ReadFile(path, problems));
        Assert.Contains("not UTF-8", Assert.Single(problems.Sorted).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_a_problem_and_not_a_crash()
    {
        var problems = new FileProblems("nowhere.yaml");

        Assert.Null(YamlReader.ReadFile("nowhere.yaml", problems));
        Assert.StartsWith("nowhere.yaml:1:1: cannot read the file", Assert.Single(problems.Sorted).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_full_of_mistakes_stops_being_listed_after_a_hundred()
    {
        var text = string.Concat(Enumerable.Repeat("a: 1\n", 5000));

        Assert.Equal(100, Problems(text).Count);
    }

    private static YamlMapping Mapping(string text)
    {
        var problems = new FileProblems("test.yaml");
        var root = YamlReader.Read(text, problems);
        Assert.Empty(problems.Sorted);
        return Assert.IsType<YamlMapping>(root);
    }

    private static List<string> Problems(string text)
    {
        var problems = new FileProblems("test.yaml");
        YamlReader.Read(text, problems);
        return [.. problems.Sorted.Select(problem => $"{problem.Line}:{problem.Column}: {problem.Message}")];
    }
}
