namespace Lab.Marketplace.Domain;

/// <summary>The two sides of the marketplace; each has its server.</summary>
public enum Role
{
    Seller,
    Buyer,
}

/// <summary>Names of roles in the protocol, in keys and in messages.</summary>
public static class RoleNames
{
    public static string Name(this Role role) => role == Role.Seller ? "seller" : "buyer";

    public static string Plural(this Role role) => role.Name() + "s";

    public static Role Parse(string name) => name switch
    {
        "seller" => Role.Seller,
        "buyer" => Role.Buyer,
        _ => throw new ArgumentException($"'{name}' is not a role; roles are seller and buyer", nameof(name)),
    };
}
