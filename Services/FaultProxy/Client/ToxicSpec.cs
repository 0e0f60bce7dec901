namespace Lab.FaultProxy.Client;

/// <summary>A toxic there shall be; a derived record for every type.</summary>
public abstract record ToxicSpec
{
    private protected ToxicSpec()
    {
    }

    /// <summary>Toxiproxy's name of the type.</summary>
    public abstract string Type { get; }

    /// <summary>Null: <c>TYPE_STREAM</c>, for example <c>latency_downstream</c>.</summary>
    public string? Name { get; init; }

    public ToxicStream Stream { get; init; } = ToxicStream.Downstream;

    /// <summary>The share of connections it affects, 0 to 1.</summary>
    public double Toxicity { get; init; } = 1;

    /// <summary>The name it gets.</summary>
    public string EffectiveName => Name ?? $"{Type}_{(Stream == ToxicStream.Upstream ? "upstream" : "downstream")}";

    internal abstract IReadOnlyDictionary<string, long> Attributes { get; }

    /// <summary>Is this what a proxy has?</summary>
    public bool IsActedOutBy(Toxic toxic) =>
        toxic.Name == EffectiveName && toxic.Type == Type && toxic.Stream == Stream && toxic.Toxicity.Equals(Toxicity)
        && Attributes.All(wanted => toxic.Attributes.TryGetValue(wanted.Key, out var value) && value.TryGetInt64(out var number) && number == wanted.Value);
}

/// <summary>Delays data of one direction by <paramref name="LatencyMs"/> +/- <paramref name="JitterMs"/>.</summary>
/// <param name="LatencyMs">Milliseconds, 0 or more.</param>
/// <param name="JitterMs">Milliseconds, 0 or more: half width of the range from which each delay is drawn.</param>
public sealed record LatencyToxicSpec(int LatencyMs, int JitterMs = 0) : ToxicSpec
{
    public override string Type => "latency";

    internal override IReadOnlyDictionary<string, long> Attributes =>
        new Dictionary<string, long>(StringComparer.Ordinal) { ["latency"] = LatencyMs, ["jitter"] = JitterMs };
}
