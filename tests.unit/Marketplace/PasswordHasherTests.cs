using System.Security.Cryptography;
using Lab.Marketplace.Accounts;

namespace Lab.Tests.Unit.Marketplace;

public class PasswordHasherTests
{
    [Fact]
    public async Task A_password_is_known_again_and_others_are_not()
    {
        using var hasher = new PasswordHasher(1_000);
        var (first, second) = (await hasher.HashAsync("salt & sea"), await hasher.HashAsync("salt & sea"));
        Assert.NotEqual(first, second);
        Assert.True(await hasher.VerifyAsync("salt & sea", first));
        Assert.False(await hasher.VerifyAsync("salt & Sea", first));
        Assert.False(await hasher.VerifyAsync("salt & sea", stored: null));
    }

    [Fact]
    public async Task The_work_factor_travels_with_the_hash()
    {
        using var before = new PasswordHasher(1_000);
        using var after = new PasswordHasher(2_000);
        var old = await before.HashAsync("a long password");
        Assert.True(await after.VerifyAsync("a long password", old));
        Assert.StartsWith("pbkdf2-sha256$2000$", await after.HashAsync("a long password"), StringComparison.Ordinal);
    }

    /// <summary>RFC 7914, section 11: PBKDF2-HMAC-SHA-256 of "passwd" with salt "salt", 1 iteration.</summary>
    [Fact]
    public async Task The_hash_is_pbkdf2_with_sha256()
    {
        using var hasher = new PasswordHasher(1);
        var expected = Convert.FromHexString("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
        Assert.True(await hasher.VerifyAsync("passwd", $"pbkdf2-sha256$1${Convert.ToBase64String("salt"u8)}${Convert.ToBase64String(expected)}"));
        Assert.Equal(expected, Rfc2898DeriveBytes.Pbkdf2("passwd"u8, "salt"u8, 1, HashAlgorithmName.SHA256, 32));
    }
}
