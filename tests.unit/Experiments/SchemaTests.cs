using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Json.Schema;
using Lab.Harness.Experiments;

namespace Lab.Tests.Unit.Experiments;

/// <summary>
/// The schemas beside the experiments are made from the records that files become, for editors: what an editor accepts, the lab
/// accepts, and what it marks, the lab refuses.
/// </summary>
public class SchemaTests
{
    /// <summary>Set to anything, the schemas are written instead of compared.</summary>
    private const string Write = "LAB_WRITE_SCHEMAS";

    private static readonly JsonSerializerOptions Records = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Theory]
    [InlineData("experiment.schema.json", typeof(Experiment), "An experiment of the lab")]
    [InlineData("deployments.schema.json", typeof(DeploymentsFile), "Deployments of the lab")]
    public void The_schema_of_a_file_is_made_from_its_records(string file, Type records, string title)
    {
        var path = Path.Combine(ExperimentSamples.Folder, file);
        var schema = Of(records, title).ToJsonString(Readable) + "\n";
        if (Environment.GetEnvironmentVariable(Write) is { Length: > 0 })
        {
            File.WriteAllText(path, schema);
        }

        Assert.True(schema == File.ReadAllText(path), $"{file} is not what the records say: {Write}=1 ./lab test unit -class {typeof(SchemaTests).FullName} writes it");
    }

    [Fact]
    public void What_is_shipped_fits_the_schemas()
    {
        var experiments = Directory.EnumerateFiles(ExperimentSamples.Folder, "*.yaml").Where(path => Path.GetFileName(path) != Deployments.FileName).ToList();

        Assert.NotEmpty(experiments);
        Assert.All(experiments, path => Assert.True(Fits(File.ReadAllText(path), typeof(Experiment)), path));
        Assert.True(Fits(File.ReadAllText(Path.Combine(ExperimentSamples.Folder, Deployments.FileName)), typeof(DeploymentsFile)));
    }

    /// <summary>What editor and lab both can judge, they judge alike.</summary>
    [Theory]
    [InlineData("title: A sample\n", "", false)]
    [InlineData("title: A sample", "title: [A, sample]", false)]
    [InlineData("title: A sample", "titel: A sample", false)]
    [InlineData("name: second", "name: Second One", false)]
    [InlineData("iterations: 10", "iterations: 0", false)]
    [InlineData("iterations: 10", "iterations: many", false)]
    [InlineData("iterations: 10", "iterations: 11", true)]
    [InlineData("operations_per_client: 1000", "operations_per_client: 1000001", false)]
    [InlineData("      full:\n        iterations: 10", "      fulll:\n        iterations: 10", false)]
    [InlineData("[\"off\"]", "[]", false)]
    [InlineData("[\"off\"]", "\"off\"", false)]
    [InlineData("[\"off\"]", "[redis, redis]", false)]
    [InlineData("[\"off\"]", "[redis]", true)]
    [InlineData("- engine: [async]", "- {}", false)]
    [InlineData("- engine: [async]", "- engine: []", false)]
    public void Editor_and_lab_agree(string what, string with, bool fits)
    {
        var yaml = ExperimentSamples.With((what, with));
        var problems = new FileProblems("sample.yaml");
        _ = YamlBinder.Bind<Experiment>(YamlReader.Read(yaml, problems)!, problems);

        Assert.Equal((fits, fits), (Fits(yaml, typeof(Experiment)), !problems.Any));
    }

    private static bool Fits(string yaml, Type records)
    {
        var problems = new FileProblems("sample.yaml");
        var root = YamlReader.Read(yaml, problems)!;
        return JsonSchema.FromText(Of(records, "").ToJsonString()).Evaluate(JsonSerializer.SerializeToElement(ToJson(root))).IsValid;
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMapping mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, ToJson(entry.Value)))),
        YamlSequence list => new JsonArray([.. list.Items.Select(ToJson)]),
        YamlScalar { Kind: ScalarKind.Integer or ScalarKind.Number } number => JsonValue.Create(decimal.Parse(number.Text, CultureInfo.InvariantCulture)),
        YamlScalar { Kind: ScalarKind.Boolean } word => JsonValue.Create(bool.Parse(word.Text)),
        YamlScalar { Kind: ScalarKind.Null } => null,
        YamlScalar text => JsonValue.Create(text.Text),
        _ => null,
    };

    private static JsonObject Of(Type records, string title)
    {
        var schema = (JsonObject)Records.GetJsonSchemaAsNode(
            records, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe });
        JsonObject whole = new() { ["$schema"] = "https://json-schema.org/draft/2020-12/schema", ["title"] = title };
        foreach (var (key, value) in schema.ToList())
        {
            schema.Remove(key);
            whole[key] = value;
        }

        return whole;
    }

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
        {
            return node;
        }

        if (schema["type"] is JsonArray types)
        {
            // A key without a value is refused: what may be missing may not be null.
            schema["type"] = types.Select(type => type!.GetValue<string>()).First(type => type != "null");
        }

        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            schema["additionalProperties"] = false;
        }

        var about = context.PropertyInfo?.AttributeProvider;
        if ((Attribute<DescriptionAttribute>(about) ?? context.TypeInfo.Type.GetCustomAttribute<DescriptionAttribute>()) is { Description: var words })
        {
            schema.Insert(0, "description", words);
        }

        return about is null ? schema : Constrain(schema, about);
    }

    private static JsonObject Constrain(JsonObject schema, ICustomAttributeProvider about)
    {
        Set("pattern", Attribute<RegularExpressionAttribute>(about)?.Pattern);
        Set("maxLength", Attribute<StringLengthAttribute>(about)?.MaximumLength);
        Set("minimum", Attribute<RangeAttribute>(about)?.Minimum);
        Set("maximum", Attribute<RangeAttribute>(about)?.Maximum);
        Set("minItems", Attribute<LengthAttribute>(about)?.MinimumLength);
        Set("maxItems", Attribute<LengthAttribute>(about)?.MaximumLength);
        Set("minProperties", Attribute<MinLengthAttribute>(about)?.Length);
        if (Attribute<AllowedValuesAttribute>(about) is { } allowed)
        {
            schema["enum"] = new JsonArray([.. allowed.Values.Select(value => JsonValue.Create((string)value!))]);
        }

        if (Attribute<KeysAttribute>(about) is { } keys)
        {
            var value = schema["additionalProperties"]!;
            schema["additionalProperties"] = false;
            schema["properties"] = new JsonObject(keys.Keys.Select(key => KeyValuePair.Create(key, (JsonNode?)value.DeepClone())));
        }

        if (Attribute<MatrixValuesAttribute>(about) is not null)
        {
            var factors = schema["items"] as JsonObject ?? schema;
            factors["minProperties"] = 1;
            factors["properties"] = new JsonObject { [ContainerFactors.Limits] = Values(new JsonObject { ["anyOf"] = new JsonArray(Word("string"), Limits()) }) };
            factors["additionalProperties"] = Values(Word("string", "integer"));
        }

        return schema;

        void Set(string keyword, object? value)
        {
            if (value is not null)
            {
                schema[keyword] = JsonSerializer.SerializeToNode(value);
            }
        }
    }

    private static JsonObject Values(JsonObject item) => new()
    {
        ["type"] = "array",
        ["minItems"] = 1,
        ["maxItems"] = MatrixValuesAttribute.MostValues,
        ["uniqueItems"] = true,
        ["items"] = item,
    };

    private static JsonObject Word(params string[] types) => new()
    {
        ["type"] = new JsonArray([.. types.Select(type => JsonValue.Create(type))]),
        ["minLength"] = 1,
        ["maxLength"] = MatrixValuesAttribute.LongestValue,
    };

    private static JsonNode Limits() => Records.GetJsonSchemaAsNode(
        typeof(LimitsValue), new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe });

    private static T? Attribute<T>(ICustomAttributeProvider? about)
        where T : Attribute => about?.GetCustomAttributes(typeof(T), inherit: true).OfType<T>().FirstOrDefault();
}
