using Lab.Topology;

namespace Lab.LocalHost.Resources;

/// <summary>A service's configuration as environment variables: <c>:</c> in a key is written <c>__</c>.</summary>
internal static class ServiceSettings
{
    /// <param name="spec">The service.</param>
    /// <param name="book">Where everything listens.</param>
    /// <param name="token">Opens the admin endpoint.</param>
    /// <param name="options">Settings for all services, and where logs go.</param>
    /// <param name="more">Settings that the topology does not have.</param>
    public static IReadOnlyDictionary<string, string> Of(
        ServiceSpec spec, AddressBook book, string token, LocalLabOptions options, IEnumerable<KeyValuePair<string, string>> more)
    {
        var settings = spec.Settings.Select(setting => KeyValuePair.Create(setting.Key, book.Resolve(setting.Value)))
            .Concat(more)
            .Concat(options.Settings)
            .Append(KeyValuePair.Create("Service:Name", spec.Name))
            .Append(KeyValuePair.Create("Service:AdminUrl", book.AdminUrl(spec)))
            .Append(KeyValuePair.Create("Service:AdminToken", token))
            .Append(KeyValuePair.Create("Service:LogFolder", Path.GetFullPath(options.LogFolder)));
        if (spec.KeepsData)
        {
            settings = settings.Append(KeyValuePair.Create("Service:DataFolder", StateFolder.Data(options, spec.Name)));
        }

        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in settings)
        {
            environment[Variable(key)] = value;
        }

        return environment;
    }

    public static string Variable(string key) => key.Replace(":", "__", StringComparison.Ordinal);
}
