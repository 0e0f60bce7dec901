using System.Data.Common;
using Lab.Storage.MySql;
using Lab.Tests.Integration.Labs;

namespace Lab.Tests.Integration.Storage;

/// <summary>The database lets in whom the lab tells it to, and nobody else.</summary>
[Collection(SharedLabTests.Name)]
public class LoginTests(SharedLab lab)
{
    [Theory]
    [InlineData("root")]
    [InlineData("mysql")]
    [InlineData("lab")]
    [InlineData("")]
    public void Nobody_gets_in_without_a_password(string user)
    {
        var attempt = new DbConnectionStringBuilder { ConnectionString = lab.DatabaseConnection };
        attempt["User ID"] = user;
        attempt["Password"] = "";
        var refused = Assert.ThrowsAny<DbException>(() => MySqlDriver.Open(attempt.ConnectionString).Dispose());
        Assert.Contains("Access denied", refused.Message, StringComparison.Ordinal);
    }
}
