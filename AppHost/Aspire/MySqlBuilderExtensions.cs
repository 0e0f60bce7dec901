using Dapper;
using Lab.LocalHost.Resources;
using Lab.Storage.MySql;
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

    /// <summary>A schema of a server, made when the server is ready. Its resource's name has hyphens where the schema's has underscores.</summary>
    /// <param name="server">Whatever runs it.</param>
    /// <param name="schema">As SQL knows it.</param>
    public static IResourceBuilder<MySqlDatabaseResource> AddDatabase(this IResourceBuilder<IResourceWithConnectionString> server, string schema)
    {
        var database = new MySqlDatabaseResource(schema.Replace('_', '-'), schema, server.Resource);
        server.OnResourceReady(async (resource, ready, cancellationToken) =>
        {
            using var connection = MySqlDriver.Open((await resource.GetConnectionStringAsync(cancellationToken))!);
            await connection.ExecuteAsync($"CREATE DATABASE IF NOT EXISTS `{schema}`");
            await ShowAsync(ready.Services, database, KnownResourceStates.Running);
        });
        // Aspire itself lets children follow containers only.
        server.OnResourceStopped((_, stopped, _) => ShowAsync(stopped.Services, database, stopped.ResourceEvent.Snapshot.State));
        return server.ApplicationBuilder.AddResource(database).WithIconName("DatabaseStack");
    }

    private static Task ShowAsync(IServiceProvider services, MySqlDatabaseResource database, ResourceStateSnapshot? state) =>
        services.GetRequiredService<ResourceNotificationService>().PublishUpdateAsync(database, snapshot => snapshot with { State = state });
}
