using System.Text;
using System.Text.RegularExpressions;
using Lab.Terminal;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lab.Harness.Experiments;

/// <summary>A piece of a YAML file and where it begins; lines and columns count from 1.</summary>
public abstract record YamlNode(int Line, int Column);

/// <summary>A single value, as text.</summary>
public sealed record YamlScalar(int Line, int Column, string Text, ScalarKind Kind) : YamlNode(Line, Column);

/// <summary>A list.</summary>
public sealed record YamlSequence(int Line, int Column, IReadOnlyList<YamlNode> Items) : YamlNode(Line, Column);

/// <summary>Keys with values, in file order; no key occurs twice.</summary>
public sealed record YamlMapping(int Line, int Column, IReadOnlyList<YamlEntry> Entries) : YamlNode(Line, Column)
{
    /// <summary>The value of a key, or null when there is no such key.</summary>
    public YamlNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key.Text == key)?.Value;
}

/// <summary>One key with its value.</summary>
public sealed record YamlEntry(YamlScalar Key, YamlNode Value);

/// <summary>
/// What a scalar is under YAML 1.2's core schema: <c>off</c> is text, only unquoted values are more than text.
/// </summary>
public enum ScalarKind
{
    Text,
    Integer,
    Number,
    Boolean,
    Null,

    /// <summary>Already reported as unreadable; nothing more is to be said about it.</summary>
    Refused,
}

/// <summary>
/// Reads the YAML that the lab's files need: mappings, lists and single values in one document. Anchors, aliases and
/// tags are refused: they only make such files harder to read, and small files explode. YamlDotNet's parser does the
/// reading; its representation model stops at the first duplicate key and nests without a bound, so it is not used.
/// </summary>
public static partial class YamlReader
{
    /// <summary>Larger files are refused.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxDepth = 32;

    private static readonly UTF8Encoding StrictUtf8 =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads a file; null when it could not be read at all, which <paramref name="problems"/> then explains.
    /// </summary>
    public static YamlNode? ReadFile(string path, FileProblems problems)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var bytes = new byte[MaxBytes + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
            {
                problems.Add(1, 1, $"the file is larger than {MaxBytes} bytes; expected a file of at most 1 MiB");
                return null;
            }

            return Read(StrictUtf8.GetString(bytes.AsSpan(0, length)).TrimStart('\uFEFF'), problems);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(1, 1, $"cannot read the file: {exception.Message}");
        }
        catch (DecoderFallbackException)
        {
            problems.Add(1, 1, "the file is not UTF-8 text; expected YAML");
        }

        return null;
    }

    /// <summary>Reads a text; null when it is not YAML or holds no document.</summary>
    public static YamlNode? Read(string text, FileProblems problems)
    {
        RefuseTabs(text, problems);
        if (problems.Any)
        {
            return null;
        }

        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                problems.Add(1, 1, "the file is empty");
                return null;
            }

            var node = ReadNode(parser, problems, depth: 0);
            parser.Consume<DocumentEnd>();
            if (parser.TryConsume<DocumentStart>(out var second))
            {
                problems.Add(
                    Line(second.Start),
                    Column(second.Start),
                    "a second YAML document begins here; expected one document");
            }

            return node;
        }
        catch (YamlException exception)
        {
            problems.Add(Line(exception.Start), Column(exception.Start), $"not valid YAML: {exception.Message}");
            return null;
        }
        catch (Exception) when (parser.Current is not null)
        {
            // Some malformed texts meet a defect of the parser instead of its own exception ("a: [1" with a key below).
            var last = parser.Current.End;
            problems.Add(Line(last), Column(last), "not valid YAML: cannot read on from here");
            return null;
        }
    }

    private static YamlNode ReadNode(Parser parser, FileProblems problems, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"nested deeper than {MaxDepth} levels");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            var (line, column) = (Line(alias.Start), Column(alias.Start));
            problems.Add(line, column, $"alias '*{alias.Value}' is not supported; write the value itself");
            return new YamlScalar(line, column, "", ScalarKind.Refused);
        }

        RefuseAnchorsAndTags((NodeEvent)parser.Current!, problems);
        return parser.Current switch
        {
            MappingStart => ReadMapping(parser, problems, depth),
            SequenceStart => ReadSequence(parser, problems, depth),
            _ => ReadScalar(parser),
        };
    }

    private static YamlScalar ReadScalar(Parser parser)
    {
        var scalar = parser.Consume<Scalar>();
        var kind = scalar.Style == ScalarStyle.Plain ? PlainKind(scalar.Value) : ScalarKind.Text;
        return new YamlScalar(Line(scalar.Start), Column(scalar.Start), scalar.Value, kind);
    }

    private static YamlSequence ReadSequence(Parser parser, FileProblems problems, int depth)
    {
        var start = parser.Consume<SequenceStart>().Start;
        var items = new List<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(parser, problems, depth + 1));
        }

        return new YamlSequence(Line(start), Column(start), items);
    }

    private static YamlMapping ReadMapping(Parser parser, FileProblems problems, int depth)
    {
        var start = parser.Consume<MappingStart>().Start;
        var entries = new OrderedDictionary<string, YamlEntry>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(parser, problems, depth + 1);
            var value = ReadNode(parser, problems, depth + 1);
            if (key is not YamlScalar name)
            {
                problems.Add(key, "a list or mapping is used as a key; expected a name");
            }
            else if (!entries.TryAdd(name.Text, new YamlEntry(name, value)) && name.Kind != ScalarKind.Refused)
            {
                var first = entries[name.Text].Key;
                problems.Add(
                    name, $"duplicate key {Spelling.Quote(name.Text)}; it is already given on line {first.Line}");
            }
        }

        return new YamlMapping(Line(start), Column(start), [.. entries.Values]);
    }

    /// <summary>
    /// YAML forbids tabs in indentation; the parser says so, but at the beginning of the mapping around them.
    /// </summary>
    private static void RefuseTabs(string text, FileProblems problems)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            var indentation = line[..(line.Length - line.TrimStart().Length)];
            var tab = indentation.IndexOf('\t');
            if (tab >= 0 && indentation.Length < line.Length)
            {
                problems.Add(number, tab + 1, "a tab is used for indentation; expected spaces");
            }
        }
    }

    private static void RefuseAnchorsAndTags(NodeEvent node, FileProblems problems)
    {
        var (line, column) = (Line(node.Start), Column(node.Start));
        if (!node.Anchor.IsEmpty)
        {
            problems.Add(
                line, column, $"anchor '&{node.Anchor.Value}' is not supported; write the value where it is used");
        }

        // Quoted scalars carry the implied tag `!`: only a written tag is of interest.
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
        {
            problems.Add(line, column, $"tag '{node.Tag.Value}' is not supported; write the plain value");
        }
    }

    private static ScalarKind PlainKind(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        _ when IntegerPattern().IsMatch(text) => ScalarKind.Integer,
        _ when NumberPattern().IsMatch(text) => ScalarKind.Number,
        _ => ScalarKind.Text,
    };

    private static int Line(Mark mark) => Math.Max(1, (int)mark.Line);

    private static int Column(Mark mark) => Math.Max(1, (int)mark.Column);

    [GeneratedRegex("^[-+]?[0-9]+$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IntegerPattern();

    [GeneratedRegex(
        @"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex NumberPattern();
}
