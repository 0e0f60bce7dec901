namespace Lab.Harness.Experiments;

/// <summary>A value in a matrix as text.</summary>
internal static class MatrixValue
{
    /// <summary>
    /// A word or number as it is; a mapping as <c>cpus=0.5 memory_mb=512</c>, keys in alphabetical order. Null for what the
    /// schema refuses.
    /// </summary>
    public static YamlScalar? Of(YamlNode node) => node switch
    {
        YamlScalar { Kind: ScalarKind.Text or ScalarKind.Integer } scalar => scalar,
        YamlMapping mapping when mapping.Entries.All(entry => entry.Value is YamlScalar) => new YamlScalar(
            mapping.Line,
            mapping.Column,
            string.Join(' ', mapping.Entries.OrderBy(entry => entry.Key.Text, StringComparer.Ordinal).Select(entry => $"{entry.Key.Text}={((YamlScalar)entry.Value).Text}")),
            ScalarKind.Text),
        _ => null,
    };
}
