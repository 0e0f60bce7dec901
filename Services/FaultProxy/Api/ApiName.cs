namespace Lab.FaultProxy.Api;

/// <summary>Names of proxies and toxics: they become parts of paths.</summary>
internal static class ApiName
{
    private const int MaxLength = 200;

    /// <returns><paramref name="name"/>.</returns>
    /// <exception cref="ApiException">It cannot be a name.</exception>
    public static string Check(string name) =>
        name.Length <= MaxLength && !name.Any(letter => char.IsControl(letter) || letter == '/')
            ? name
            : throw ApiException.BadField($"a name has at most {MaxLength} characters, no '/' and no control characters");
}
