using System.Data.Common;

namespace Lab.Storage.MySql;

/// <summary>
/// The ways by which a service can reach its database: directly, or through a link that injects faults. The way is
/// chosen at run time, and taken from the next job on.
/// </summary>
public sealed class DatabaseRoutes
{
    private readonly IReadOnlyDictionary<string, string> _connectionStrings;
    private volatile string _current;

    /// <param name="connectionStrings">Route name to connection string.</param>
    /// <param name="initial">The route to begin with.</param>
    public DatabaseRoutes(IReadOnlyDictionary<string, string> connectionStrings, string initial)
    {
        _connectionStrings = connectionStrings;
        _current = connectionStrings.ContainsKey(initial)
            ? initial
            : throw new ArgumentException($"there is no route '{initial}'", nameof(initial));
    }

    public IReadOnlyList<string> Names => [.. _connectionStrings.Keys];

    public string Current
    {
        get => _current;
        set => _current = _connectionStrings.ContainsKey(value)
            ? value
            : throw new ArgumentException($"there is no route '{value}'", nameof(value));
    }

    /// <summary>A connection by the current route, not yet open.</summary>
    /// <param name="poolSize">Connections that the driver keeps per route.</param>
    internal DbConnection Connect(int poolSize) => MySqlDriver.Pooled(_connectionStrings[_current], poolSize);

    /// <summary>Closes what the driver keeps.</summary>
    /// <inheritdoc cref="Connect"/>
    internal Task CloseAsync(int poolSize) =>
        Task.WhenAll(_connectionStrings.Values.Distinct(StringComparer.Ordinal).Select(way => MySqlDriver.ClosePoolAsync(way, poolSize)));
}
