using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Lab.Marketplace.Protocol;

namespace Lab.Marketplace.Accounts;

/// <summary>
/// PBKDF2 with SHA-256 and a salt per user (RFC 8018). Written <c>pbkdf2-sha256$ITERATIONS$SALT$HASH</c>, so that the
/// work factor can be raised without making old accounts useless. Hashing is slow on purpose: it has threads of its
/// own, so that a flood of logins cannot take the processor from everybody else.
/// </summary>
internal sealed class PasswordHasher : IDisposable
{
    private const string Scheme = "pbkdf2-sha256";
    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const int MaxWaiting = 1_000;

    private readonly int _iterations;
    private readonly string _decoy;
    private readonly BlockingCollection<Action> _work = new(MaxWaiting);
    private readonly Thread[] _threads;

    public PasswordHasher(int iterations)
    {
        _iterations = iterations;
        _decoy = Format(iterations, new byte[SaltBytes], new byte[HashBytes]);
        _threads = [.. Enumerable.Range(0, Math.Max(1, Environment.ProcessorCount / 2)).Select(index => new Thread(Work)
        {
            IsBackground = true,
            Name = $"password-{index}",
        })];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <exception cref="MarketplaceException">Too many passwords wait to be hashed.</exception>
    public Task<string> HashAsync(string password) => Run(() =>
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Format(_iterations, salt, Derive(password, salt, _iterations));
    });

    /// <param name="password">As typed.</param>
    /// <param name="stored">The account's hash; null when there is no such account, which takes as long to find out.</param>
    /// <exception cref="MarketplaceException">Too many passwords wait to be hashed.</exception>
    public Task<bool> VerifyAsync(string password, string? stored) => Run(() =>
    {
        var parts = (stored ?? _decoy).Split('$');
        if (parts.Length != 4 || parts[0] != Scheme)
        {
            throw new InvalidOperationException("the stored password hash is of an unknown kind");
        }

        var iterations = int.Parse(parts[1], CultureInfo.InvariantCulture);
        var given = Derive(password, Convert.FromBase64String(parts[2]), iterations);
        return CryptographicOperations.FixedTimeEquals(given, Convert.FromBase64String(parts[3])) && stored is not null;
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        Array.ForEach(_threads, thread => thread.Join());
        _work.Dispose();
    }

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, HashBytes);

    private static string Format(int iterations, byte[] salt, byte[] hash) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Scheme}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");

    private Task<TResult> Run<TResult>(Func<TResult> hash)
    {
        var done = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var accepted = _work.TryAdd(() =>
        {
            try
            {
                done.SetResult(hash());
            }
            catch (Exception exception)
            {
                // Handed to whoever asked; the thread goes on with the next password.
                done.SetException(exception);
            }
        });
        return accepted
            ? done.Task
            : throw new MarketplaceException(ErrorCodes.Overloaded, "too many logins at once; try again later");
    }

    private void Work()
    {
        foreach (var hash in _work.GetConsumingEnumerable())
        {
            hash();
        }
    }
}
