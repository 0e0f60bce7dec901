using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Lab.Marketplace.Domain;

namespace Lab.Marketplace.Sessions;

/// <summary>
/// What login returns: <c>s17.RANDOM</c>, role and user with 128 random bits. The claim counts only while the whole
/// token is a key in Redis: nobody can make one up.
/// </summary>
internal sealed class SessionToken
{
    private const int RandomBytes = 16;

    private SessionToken(Role role, long userId, string text) => (Role, UserId, Text) = (role, userId, text);

    public Role Role { get; }

    public long UserId { get; }

    public string Text { get; }

    public static SessionToken Create(Role role, long userId)
    {
        var random = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
        var letter = role == Role.Seller ? 's' : 'b';
        return new SessionToken(role, userId, string.Create(CultureInfo.InvariantCulture, $"{letter}{userId}.{random}"));
    }

    public static bool TryParse(string text, out SessionToken token)
    {
        token = null!;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 2
            || text[0] is not ('s' or 'b')
            || !long.TryParse(text.AsSpan(1, dot - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var userId))
        {
            return false;
        }

        token = new SessionToken(text[0] == 's' ? Role.Seller : Role.Buyer, userId, text);
        return true;
    }
}
