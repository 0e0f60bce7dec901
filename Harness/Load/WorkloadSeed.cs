using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Lab.Harness.Load;

/// <summary>
/// Random numbers of a client, from the run's seed alone: the runtime's own hash codes differ from process to process, so
/// a seed made of them would repeat nothing.
/// </summary>
internal static class WorkloadSeed
{
    /// <param name="seed">The run's.</param>
    /// <param name="purpose">What the numbers are for, such as an operation.</param>
    /// <param name="client">The client's index.</param>
    public static Random For(long seed, string purpose, int client)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{seed}/{purpose}/{client}")));
        return new Random(BinaryPrimitives.ReadInt32LittleEndian(digest));
    }
}
