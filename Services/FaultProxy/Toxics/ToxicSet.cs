using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.FaultProxy.Api;
using Lab.FaultProxy.Client;

namespace Lab.FaultProxy.Toxics;

/// <summary>The toxics of a proxy, as the API changes them. A change that is refused changes nothing.</summary>
/// <param name="apply">Gets the new list after every change, before the next one.</param>
internal sealed class ToxicSet(Action<IReadOnlyList<ToxicEntry>> apply)
{
    private const int MaxToxics = 64;

    private readonly Lock _gate = new();
    private IReadOnlyList<ToxicEntry> _toxics = [];

    /// <summary>In the order in which they were added.</summary>
    public IReadOnlyList<ToxicEntry> All => Volatile.Read(ref _toxics);

    /// <exception cref="ApiException">There is no such toxic.</exception>
    public ToxicEntry Find(string name) => All.FirstOrDefault(toxic => toxic.Name == name) ?? throw ApiException.ToxicNotFound();

    /// <exception cref="ApiException">The toxic is not valid, or its name is taken.</exception>
    public ToxicEntry Add(ToxicInput input)
    {
        var stream = (input.Stream ?? "downstream").ToUpperInvariant() switch
        {
            "UPSTREAM" => ToxicStream.Upstream,
            "DOWNSTREAM" => ToxicStream.Downstream,
            _ => throw ApiException.InvalidStream(),
        };
        var type = input.Type ?? "";
        var defaults = ToxicTypes.Find(type) ?? throw ApiException.InvalidToxicType();
        var suffix = stream == ToxicStream.Upstream ? "upstream" : "downstream";
        var name = string.IsNullOrEmpty(input.Name) ? $"{type}_{suffix}" : ApiName.Check(input.Name);
        lock (_gate)
        {
            if (_toxics.Any(toxic => toxic.Name == name))
            {
                throw ApiException.ToxicExists();
            }

            if (_toxics.Count >= MaxToxics)
            {
                throw ApiException.BadField($"a proxy has at most {MaxToxics} toxics");
            }

            var added = new ToxicEntry(
                name, type, stream, CheckToxicity(input.Toxicity ?? 1), Merge(defaults, input.Attributes));
            Replace([.. _toxics, added]);
            return added;
        }
    }

    /// <summary>Only toxicity and attributes can be changed; those that were not sent stay.</summary>
    /// <exception cref="ApiException">There is no such toxic, or it would not be valid.</exception>
    public ToxicEntry Update(string name, ToxicInput input)
    {
        lock (_gate)
        {
            var current = Find(name);
            var updated = current with
            {
                Toxicity = CheckToxicity(input.Toxicity ?? current.Toxicity),
                Settings = Merge(current.Settings, input.Attributes),
            };
            Replace([.. _toxics.Select(toxic => toxic == current ? updated : toxic)]);
            return updated;
        }
    }

    /// <exception cref="ApiException">There is no such toxic.</exception>
    public void Remove(string name)
    {
        lock (_gate)
        {
            var removed = Find(name);
            Replace([.. _toxics.Where(toxic => toxic != removed)]);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            Replace([]);
        }
    }

    private void Replace(IReadOnlyList<ToxicEntry> toxics)
    {
        Volatile.Write(ref _toxics, toxics);
        apply(toxics);
    }

    private static double CheckToxicity(double toxicity) => toxicity is >= 0 and <= 1
        ? toxicity
        : throw ApiException.BadField($"toxicity must be between 0 and 1, not {toxicity}");

    private static ToxicSettings Merge(ToxicSettings current, JsonObject? attributes)
    {
        var type = current.GetType();
        try
        {
            var merged = JsonSerializer.SerializeToNode(current, type, ToxiproxyJson.Options)!.AsObject();
            foreach (var (attribute, value) in attributes ?? [])
            {
                if (value is not null)
                {
                    merged[attribute] = value.DeepClone();
                }
            }

            var settings = (ToxicSettings)merged.Deserialize(type, ToxiproxyJson.Options)!;
            return settings.FindProblem() is { } problem ? throw ApiException.BadField(problem) : settings;
        }
        catch (JsonException failure)
        {
            throw ApiException.BadBody(Inputs.Explain(failure, type, "attributes"));
        }
    }
}
