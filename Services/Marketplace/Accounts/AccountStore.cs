using Dapper;
using Lab.Marketplace.Domain;
using Lab.Marketplace.Protocol;
using Lab.Marketplace.Schema;
using Lab.Storage.MySql;

namespace Lab.Marketplace.Accounts;

/// <summary>Accounts of one role; a name is unique among sellers, and among buyers.</summary>
internal sealed class AccountStore(Role role, DatabasePool database, PasswordHasher passwords)
{
    private readonly string _table = $"{MarketplaceSchema.Customer}.{role.Name()}";

    /// <returns>The new user's id.</returns>
    /// <exception cref="MarketplaceException">The name is taken.</exception>
    public async Task<long> CreateAsync(string name, string password)
    {
        var hash = await passwords.HashAsync(password);
        return await database.RunAsync(DatabaseAccess.Write, async session =>
        {
            try
            {
                return await session.Connection.ExecuteScalarAsync<long>(
                    $"INSERT INTO {_table} (name, password_hash) VALUES (@name, @hash); SELECT LAST_INSERT_ID()",
                    new { name, hash });
            }
            catch (Exception exception) when (MySqlDriver.IsDuplicateKey(exception))
            {
                throw new MarketplaceException(ErrorCodes.NameTaken, $"there is a {role.Name()} of that name already", exception);
            }
        });
    }

    /// <returns>The user's id.</returns>
    /// <exception cref="MarketplaceException">Name or password is wrong; it does not say which.</exception>
    public async Task<long> AuthenticateAsync(string name, string password)
    {
        var account = await database.RunAsync(DatabaseAccess.Read, session => session.Connection.QuerySingleOrDefaultAsync<Account>(
            $"SELECT id AS Id, password_hash AS PasswordHash FROM {_table} WHERE name = @name", new { name }));
        return await passwords.VerifyAsync(password, account?.PasswordHash)
            ? account!.Id
            : throw new MarketplaceException(ErrorCodes.WrongCredentials, "name or password is wrong");
    }

    private sealed class Account
    {
        public long Id { get; init; }

        public string PasswordHash { get; init; } = "";
    }
}
