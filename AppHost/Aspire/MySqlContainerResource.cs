namespace Lab.AppHost.Aspire;

/// <summary>A MySQL-compatible server in a container.</summary>
/// <param name="name">The resource.</param>
/// <param name="password">Of the user <c>root</c>.</param>
internal sealed class MySqlContainerResource(string name, ParameterResource password) : ContainerResource(name), IResourceWithConnectionString
{
    public const string User = "root";
    internal const string EndpointName = "tcp";

    public ParameterResource Password { get; } = password;

    /// <summary>Where it takes connections.</summary>
    public EndpointReference PrimaryEndpoint => field ??= new EndpointReference(this, EndpointName);

    /// <summary>As .NET drivers want it; it names no schema.</summary>
    public ReferenceExpression ConnectionStringExpression => ConnectionString(PrimaryEndpoint);

    /// <summary>The same server by way of another endpoint, such as a link that injects faults.</summary>
    public ReferenceExpression ConnectionString(EndpointReference way) => ReferenceExpression.Create(
        $"Server={way.Property(EndpointProperty.Host)};Port={way.Property(EndpointProperty.Port)};User ID={User};Password={Password};SslMode=None");
}

/// <summary>A schema of a MySQL-compatible server.</summary>
/// <param name="name">The resource.</param>
/// <param name="schema">As SQL knows it.</param>
/// <param name="server">Whatever runs it.</param>
internal sealed class MySqlDatabaseResource(string name, string schema, IResourceWithConnectionString server)
    : Resource(name), IResourceWithParent<IResourceWithConnectionString>, IResourceWithConnectionString
{
    public IResourceWithConnectionString Parent { get; } = server;

    /// <summary>The server's, with this schema.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Parent};Database={schema}");
}
