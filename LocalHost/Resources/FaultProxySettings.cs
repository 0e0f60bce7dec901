using Lab.Topology;

namespace Lab.LocalHost.Resources;

/// <summary>Tells the fault proxy its links, as its configuration wants them.</summary>
internal static class FaultProxySettings
{
    public static IEnumerable<KeyValuePair<string, string>> Of(
        IReadOnlyList<LinkSpec> links, AddressBook book, Func<string, string> databaseAddress)
    {
        for (var index = 0; index < links.Count; index++)
        {
            var link = links[index];
            var upstream = link.To is SettingValue.DatabaseConnection database ? databaseAddress(database.Name) : book.Resolve(link.To);
            yield return KeyValuePair.Create($"FaultProxy:Proxies:{index}:Name", link.Name);
            yield return KeyValuePair.Create($"FaultProxy:Proxies:{index}:Listen", book.Links[link.Name]);
            yield return KeyValuePair.Create($"FaultProxy:Proxies:{index}:Upstream", upstream);
        }
    }
}
