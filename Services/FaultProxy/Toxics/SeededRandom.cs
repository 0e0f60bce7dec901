using System.Text;
using Lab.FaultProxy.Client;

namespace Lab.FaultProxy.Toxics;

/// <summary>
/// The random numbers of one toxic on one direction of one connection. Each has its own sequence, derived from the seed, so
/// that what one connection draws depends neither on the others nor on timing. (SplitMix64, by Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", OOPSLA 2014: small, and stable across runtime versions.)
/// </summary>
internal sealed class SeededRandom(ulong linkSeed, string toxicName)
{
    private ulong _state = Mix(linkSeed ^ Hash(toxicName));

    /// <summary>What the sequences of one direction of one connection are derived from.</summary>
    /// <param name="seed">The process's seed.</param>
    /// <param name="proxyName">The proxy.</param>
    /// <param name="connection">The connection's number within the proxy, in the order of acceptance.</param>
    /// <param name="direction">The direction.</param>
    public static ulong LinkSeed(long seed, string proxyName, long connection, ToxicStream direction) =>
        Mix(Mix(Mix((ulong)seed ^ Hash(proxyName)) + (ulong)connection) + (ulong)direction);

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUnit()
    {
        _state += 0x9E3779B97F4A7C15;
        return (Mix(_state) >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>FNV-1a: the runtime's own string hash differs from run to run.</summary>
    private static ulong Hash(string text)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ octet) * 0x100000001B3;
        }

        return hash;
    }
}
