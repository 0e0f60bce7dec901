namespace Lab.FaultProxy.Toxics;

/// <summary>The toxics there are, by the name the API calls them.</summary>
internal static class ToxicTypes
{
    private static readonly Dictionary<string, ToxicSettings> Defaults = new(StringComparer.Ordinal)
    {
        ["latency"] = new LatencyToxic(),
    };

    /// <summary>A toxic with its default attributes, or null when there is no such type.</summary>
    public static ToxicSettings? Find(string type) => Defaults.GetValueOrDefault(type);
}
