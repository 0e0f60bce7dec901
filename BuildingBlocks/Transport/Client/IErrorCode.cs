namespace Lab.Transport.Client;

/// <summary>An exception of a service's client that names what went wrong in one word, as results list it: <c>no_trader</c>.</summary>
public interface IErrorCode
{
    /// <summary>Small letters and underscores.</summary>
    string Code { get; }
}
