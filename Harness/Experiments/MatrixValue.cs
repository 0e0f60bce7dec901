using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Lab.Harness.Experiments;

/// <summary>A value in a matrix as text.</summary>
internal static class MatrixValue
{
    /// <summary>
    /// A word or number as it is; a mapping, where the factor has such values, as <c>cpus=0.5 memory_mb=512</c>, keys in alphabetical
    /// order. Null for anything else.
    /// </summary>
    public static YamlScalar? Of(YamlNode node, string factor) => node switch
    {
        YamlScalar { Kind: ScalarKind.Text } scalar => scalar,
        YamlScalar { Kind: ScalarKind.Integer } scalar when factor != ContainerFactors.Limits => scalar,
        YamlMapping mapping when factor == ContainerFactors.Limits && mapping.Entries.All(entry => entry.Value is YamlScalar) => new YamlScalar(
            mapping.Line,
            mapping.Column,
            string.Join(' ', mapping.Entries.OrderBy(entry => entry.Key.Text, StringComparer.Ordinal).Select(entry => $"{entry.Key.Text}={((YamlScalar)entry.Value).Text}")),
            ScalarKind.Text),
        _ => null,
    };
}

/// <summary>A value of the factor <c>limits</c>, as a file writes it.</summary>
internal sealed record LimitsValue
{
    [Description("processors, 0.5 for half of one")]
    [Range(0.05, 1024.0)]
    public required decimal Cpus { get; init; }

    [Description("memory in MiB")]
    [Range(64, 1048576)]
    public required int MemoryMb { get; init; }
}
