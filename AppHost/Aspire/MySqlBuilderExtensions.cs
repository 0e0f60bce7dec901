using Lab.LocalHost.Resources;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lab.AppHost.Aspire;

/// <summary>MySQL as Aspire's own packages offer other databases.</summary>
internal static class MySqlBuilderExtensions
{
    private const int DefaultPort = 3306;

    /// <summary>
    /// A server whose acknowledged commits are on the disk, as with every server of the lab. The image is any that understands
    /// <c>MARIADB_ROOT_PASSWORD</c>. It is healthy when it takes logins.
    /// </summary>
    /// <param name="builder">The app model.</param>
    /// <param name="name">The resource.</param>
    /// <param name="image">NAME:TAG.</param>
    /// <param name="password">Of the user <c>root</c>.</param>
    /// <param name="port">On this machine; null: any.</param>
    public static IResourceBuilder<MySqlContainerResource> AddMySql(
        this IDistributedApplicationBuilder builder, string name, string image, IResourceBuilder<ParameterResource> password, int? port)
    {
        var server = new MySqlContainerResource(name, password.Resource);
        var check = $"{name}-answers";
        builder.Services.AddHealthChecks().AddAsyncCheck(check, async cancellationToken =>
            await server.ConnectionStringExpression.GetValueAsync(cancellationToken) is { } connection && await MySqlServer.AnswersAsync(connection)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"{name} takes no logins"));
        return builder.AddResource(server)
            .WithImage(image)
            .WithEndpoint(port, DefaultPort, scheme: "tcp", name: MySqlContainerResource.EndpointName)
            .WithEnvironment("MARIADB_ROOT_PASSWORD", password)
            .WithArgs([.. MySqlServer.Settings, .. MySqlServer.MariaDbSettings])
            .WithIconName("Database")
            .WithHealthCheck(check);
    }
}
