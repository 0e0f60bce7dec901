using System.Data.Common;
using Dapper;

namespace Lab.Marketplace.Schema;

/// <summary>The two schemas, on one MySQL server: a transaction may span both.</summary>
public static class MarketplaceSchema
{
    public const string Customer = "lab_customer";
    public const string Product = "lab_product";

    /// <summary>Creates what is missing. Servers that start at the same time may all do it.</summary>
    public static async Task CreateAsync(DbConnection connection)
    {
        foreach (var (schema, script) in new[] { (Customer, "customer.sql"), (Product, "product.sql") })
        {
            await connection.ExecuteAsync($"CREATE DATABASE IF NOT EXISTS {schema}");
            await connection.ChangeDatabaseAsync(schema);
            foreach (var statement in ReadScript(script).Split("\n;\n", StringSplitOptions.RemoveEmptyEntries))
            {
                await connection.ExecuteAsync(statement);
            }
        }
    }

    private static string ReadScript(string name)
    {
        var assembly = typeof(MarketplaceSchema).Assembly;
        using var stream = assembly.GetManifestResourceStream($"{typeof(MarketplaceSchema).Namespace}.{name}")
            ?? throw new InvalidOperationException($"the script {name} is missing from the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
