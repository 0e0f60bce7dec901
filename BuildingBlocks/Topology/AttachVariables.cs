using System.Globalization;

namespace Lab.Topology;

/// <summary>
/// Where a running lab can be reached, as environment variables: how a lab that somebody else started is made known to
/// the harness. Never on a command line: it holds secrets. <c>LAB_ATTACH__ADMIN_TOKEN</c>, <c>LAB_ATTACH__FAULT_PROXY_API</c>,
/// <c>LAB_ATTACH__SERVICES__name__ADMIN</c>, <c>LAB_ATTACH__SERVICES__name__ENDPOINTS__name</c>, <c>LAB_ATTACH__LINKS__name</c>,
/// <c>LAB_ATTACH__DATABASES__name</c>; <c>LAB_ATTACH__PROCESSES__name</c> has the id of a process of this machine that
/// cannot be asked for it, such as a database.
/// </summary>
public static class AttachVariables
{
    private const string Prefix = "LAB_ATTACH__";
    private const string AdminToken = Prefix + "ADMIN_TOKEN";
    private const string FaultProxyApi = Prefix + "FAULT_PROXY_API";
    private const string Services = Prefix + "SERVICES__";
    private const string Links = Prefix + "LINKS__";
    private const string Databases = Prefix + "DATABASES__";
    private const string Processes = Prefix + "PROCESSES__";
    private const string Admin = "__ADMIN";
    private const string Endpoint = "__ENDPOINTS__";

    /// <summary>The variables for a lab. What reads them: <see cref="Read"/>.</summary>
    public static IReadOnlyDictionary<string, string> Of(LabEndpoints endpoints)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [AdminToken] = endpoints.AdminToken,
            [FaultProxyApi] = endpoints.FaultProxyApi.ToString(),
        };
        foreach (var (name, service) in endpoints.Services)
        {
            variables[Services + name + Admin] = service.Admin.ToString();
            foreach (var (endpoint, address) in service.Endpoints)
            {
                variables[Services + name + Endpoint + endpoint] = address;
            }
        }

        foreach (var (name, address) in endpoints.Links)
        {
            variables[Links + name] = address;
        }

        foreach (var (name, connection) in endpoints.Databases)
        {
            variables[Databases + name] = connection;
        }

        return variables;
    }

    /// <summary>The variable with the id of a process that cannot be asked for it.</summary>
    public static string ProcessId(string resource) => Processes + resource;

    /// <summary>The lab that some variables name; others among them are ignored.</summary>
    /// <exception cref="FormatException">One is missing or is not what it should be. The message never has its value.</exception>
    public static LabEndpoints Read(IReadOnlyDictionary<string, string> variables) => new()
    {
        AdminToken = variables.TryGetValue(AdminToken, out var token) ? token : throw new FormatException($"{AdminToken} is missing"),
        FaultProxyApi = Url(variables, FaultProxyApi),
        Services = Below(variables, Services).Where(variable => variable.Key.EndsWith(Admin, StringComparison.Ordinal))
            .Select(variable => variable.Key[..^Admin.Length])
            .ToDictionary(
                name => name,
                name => new ServiceEndpoints(Url(variables, Services + name + Admin), Below(variables, Services + name + Endpoint)),
                StringComparer.Ordinal),
        Links = Below(variables, Links),
        Databases = Below(variables, Databases),
    };

    /// <summary>Ids of the processes of this machine that cannot be asked for them.</summary>
    /// <exception cref="FormatException">One is not a number.</exception>
    public static IReadOnlyDictionary<string, int> ReadProcessIds(IReadOnlyDictionary<string, string> variables) =>
        Below(variables, Processes).ToDictionary(
            variable => variable.Key,
            variable => int.TryParse(variable.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                ? pid
                : throw new FormatException($"{Processes}{variable.Key} is not the id of a process"),
            StringComparer.Ordinal);

    private static Dictionary<string, string> Below(IReadOnlyDictionary<string, string> variables, string prefix) =>
        variables.Where(variable => variable.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(variable => variable.Key[prefix.Length..], variable => variable.Value, StringComparer.Ordinal);

    private static Uri Url(IReadOnlyDictionary<string, string> variables, string name) =>
        !variables.TryGetValue(name, out var text) ? throw new FormatException($"{name} is missing")
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp ? url
        : throw new FormatException($"{name} is not an http URL");
}
