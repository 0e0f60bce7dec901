using System.Text.Json;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Purchases;
using Lab.Marketplace.Server;
using Lab.Marketplace.Sessions;

namespace Lab.Marketplace.Accounts;

/// <summary>Name and password, as create_account and login take them.</summary>
internal sealed record Credentials(string Name, string Password)
{
    public static Credentials Read(Arguments arguments) => new(
        arguments.Text("name", 1, Limits.MaxNameLength),
        arguments.Text("password", Limits.MinPasswordLength, Limits.MaxPasswordLength));

    /// <summary>A record would print the password.</summary>
    public override string ToString() => $"credentials of {Name}";
}

/// <summary>create_account: a new seller or buyer.</summary>
internal sealed class CreateAccount(AccountStore accounts) : Operation<Credentials, long>("create_account", SessionCheck.None)
{
    protected override Credentials Read(Arguments arguments) => Credentials.Read(arguments);

    protected override async ValueTask<long> ExecuteAsync(Credentials arguments, Caller caller) =>
        await accounts.CreateAsync(arguments.Name, arguments.Password);

    protected override void Write(Utf8JsonWriter json, long result)
    {
        json.WriteStartObject();
        json.WriteNumber("user_id", result);
        json.WriteEndObject();
    }
}

/// <summary>login: begins a session; a buyer's saved cart is put into it.</summary>
internal sealed class Login(Role role, AccountStore accounts, SessionStore sessions, SavedCartStore? savedCarts)
    : Operation<Credentials, SessionToken>("login", SessionCheck.None)
{
    protected override Credentials Read(Arguments arguments) => Credentials.Read(arguments);

    protected override async ValueTask<SessionToken> ExecuteAsync(Credentials arguments, Caller caller)
    {
        var userId = await accounts.AuthenticateAsync(arguments.Name, arguments.Password);
        var cart = savedCarts is null ? [] : await savedCarts.ReadAsync(userId);
        return await sessions.CreateAsync(role, userId, cart);
    }

    protected override void Write(Utf8JsonWriter json, SessionToken result)
    {
        json.WriteStartObject();
        json.WriteString("session", result.Text);
        json.WriteNumber("user_id", result.UserId);
        json.WriteEndObject();
    }
}

/// <summary>logout: the session, and with it an unsaved cart, is gone when the reply arrives.</summary>
internal sealed class Logout(SessionStore sessions) : Command<Nothing>("logout")
{
    protected override Nothing Read(Arguments arguments) => default;

    protected override async ValueTask DoAsync(Nothing arguments, Caller caller) => await sessions.EndAsync(caller.Session!);
}
