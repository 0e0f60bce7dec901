namespace Lab.Topology;

/// <summary>
/// Where a running lab can be reached: all that a run of experiments needs to know, whoever started the lab. Holds
/// secrets (token, connection strings): never printed, never reported.
/// </summary>
public sealed record LabEndpoints
{
    /// <summary>Opens the admin endpoints.</summary>
    public required string AdminToken { get; init; }

    public required IReadOnlyDictionary<string, ServiceEndpoints> Services { get; init; }

    /// <summary>Link name to the ADDRESS:PORT of its listener.</summary>
    public required IReadOnlyDictionary<string, string> Links { get; init; }

    /// <summary>URL of the Toxiproxy-compatible API that steers the links.</summary>
    public required Uri FaultProxyApi { get; init; }

    /// <summary>Database name to connection string.</summary>
    public required IReadOnlyDictionary<string, string> Databases { get; init; }

    /// <summary>A record would print its secrets.</summary>
    public override string ToString() => $"lab with {Services.Count} services";
}

/// <summary>Where one service can be reached.</summary>
/// <param name="Admin">URL of its health and admin endpoints.</param>
/// <param name="Endpoints">Endpoint name to ADDRESS:PORT.</param>
public sealed record ServiceEndpoints(Uri Admin, IReadOnlyDictionary<string, string> Endpoints);
