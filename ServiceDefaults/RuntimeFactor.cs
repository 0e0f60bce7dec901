namespace Lab.ServiceDefaults;

/// <summary>
/// A setting of a running service that an experiment varies: its I/O model, its cache. Registered with the service's
/// dependency injection, steered through <c>PUT /admin/factors</c>.
/// </summary>
public interface IRuntimeFactor
{
    /// <summary>The factor's name in experiments: <c>engine</c>.</summary>
    string Name { get; }

    /// <summary>What it can be set to.</summary>
    IReadOnlyList<string> Values { get; }

    string Current { get; }

    /// <summary>Returns when the service works with the new value.</summary>
    Task SetAsync(string value, CancellationToken cancellationToken);
}
